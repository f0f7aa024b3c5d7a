import { redactUrl } from '../../util/redact-url.ts';
import { targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { VARIANT_OPTION } from '../common-options.ts';
import { showText } from '../render/show-text.ts';
import { specWire } from '../wire/spec-wire.ts';

export const show: Command = {
  summary: 'Show all that the manifest says of a model',
  schema: 'wan.models.show/v1',
  operands: { name: 'REF', min: 1, max: 1, completes: 'ref' },
  options: [VARIANT_OPTION],
  examples: [
    { command: 'wan models show t2v-A14B@2.2.0', what: 'variants, components, sources, files' },
    { command: "wan models show t2v-A14B@2.2.0 --json | jq '.data.files[].path'", what: 'its file names' },
  ],
  exitStatuses: [3, 9],
  run: async (session, args) => {
    const [ref = ''] = args.operands;
    const options = targetOptions(session, args);
    const orchestrator = await session.orchestrator();
    const [spec, path] = await Promise.all([orchestrator.show(ref, options), orchestrator.localDir(ref, options)]);
    const place = { path, sources: spec.sources.map(redactUrl) };
    return { wire: () => specWire(spec, place), text: (screen) => showText(screen, spec, place) };
  },
};
