import { formatRef } from '../../domain/model-ref.ts';
import { ModelState } from '../../domain/status.ts';
import { targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS } from '../common-options.ts';
import { EXIT } from '../exit-statuses.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';

export const path: Command = {
  summary: 'Print the directory of a model, and nothing else',
  description:
    'Where the model is, or would be; with --require-complete the exit status is 10 unless it is complete. Of a model that is here it counts as a use.',
  schema: 'wan.models.path/v1',
  operands: { name: 'REF', min: 1, max: 1, completes: 'ref' },
  options: [...PLACE_OPTIONS, { name: 'require-complete', summary: 'exit status 10 unless the model is complete' }],
  examples: [
    { command: 'cd "$(wan models path t2v-A14B@2.2.0)"', what: 'go there' },
    { command: 'wan models path t2v-A14B@2.2.0 --require-complete', what: 'only where it can be used' },
  ],
  exitStatuses: [3, 9, EXIT.notComplete],
  run: async (session, args) => (args.has('require-complete') ? completePath(session, args) : plainPath(session, args)),
};

async function plainPath(session: Session, args: ParsedArgs): Promise<Report> {
  const [ref = ''] = args.operands;
  const orchestrator = await session.orchestrator();
  const options = targetOptions(session, args);
  const [spec, found] = await Promise.all([orchestrator.show(ref, options), orchestrator.localDir(ref, options)]);
  return { wire: () => ({ ref: formatRef(spec.ref), path: found }), text: () => found };
}

async function completePath(session: Session, args: ParsedArgs): Promise<Report> {
  const [ref = ''] = args.operands;
  const orchestrator = await session.orchestrator();
  const options = targetOptions(session, args);
  const [status] = await Promise.all([orchestrator.status(ref, options), orchestrator.localDir(ref, options)]);
  const complete = status.state === ModelState.COMPLETE;
  return {
    wire: () => ({ ref: formatRef(status.ref), path: status.path, complete }),
    text: () => status.path,
    exitStatus: complete ? EXIT.ok : EXIT.notComplete,
  };
}
