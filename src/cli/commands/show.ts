import { redactUrl } from '../../util/redact-url.ts';
import { showWire } from '../../wire/show-wire.ts';
import { targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS } from '../common-options.ts';
import { showText } from '../render/show-text.ts';

export const show: Command = {
  summary: 'Show all that the manifest says of a model, and what its weights say of themselves',
  description:
    'Parameters, number formats and tensors are read from the headers of the safetensors files that are here; what is not here is said. Nothing is fetched or changed.',
  schema: 'wan.models.show/v1',
  operands: { name: 'REF', min: 1, max: 1, completes: 'ref' },
  options: [...PLACE_OPTIONS, { name: 'tensors', summary: 'list every tensor with its number format and shape' }],
  examples: [
    { command: 'wan models show t2v-A14B@2.2.0', what: 'variants, components, sources, files' },
    {
      command: 'wan models show t2v-A14B@2.2.0 --overlay lightning-4steps --tensors',
      what: 'an overlay view, with the shapes of its weights',
    },
    { command: "wan models show t2v-A14B@2.2.0 --json | jq '.data.files[].path'", what: 'its file names' },
  ],
  exitStatuses: [3, 9],
  run: async (session, args) => {
    const [ref = ''] = args.operands;
    const options = targetOptions(session, args);
    const orchestrator = await session.orchestrator();
    const [spec, weights] = await Promise.all([orchestrator.show(ref, options), orchestrator.weights(ref, options)]);
    const place = { path: weights.path, sources: spec.sources.map(redactUrl), weights, tensors: args.has('tensors') };
    return { wire: () => showWire(spec, place), text: (screen) => showText(screen, spec, place) };
  },
};
