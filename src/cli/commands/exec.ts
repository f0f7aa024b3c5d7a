import type { execData } from '../../documents/pins.ts';
import { asModelError } from '../../domain/errors.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { HeldModel } from '../../orchestrator/api.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import { ONE_MODEL_OPTIONS, PROGRESS_OPTION } from '../common-options.ts';
import { holdModel } from '../hold-model.ts';
import type { Report } from '../report.ts';
import { type ChildEnd, runChild, statusOfFailure } from '../run-child.ts';
import type { Session } from '../session.ts';

export const exec: Command = {
  summary: 'Run a command on a model, and keep the model while it runs',
  description:
    'Makes the model real first, as ensure does. The command finds its directory in WAN_MODEL_PATH. While it runs neither gc nor rm removes the model; signals go on to it, and its exit status is that of wan (127: there is no such command). With --json what it prints goes to standard error.',
  schema: 'wan.models.exec/v1',
  operands: {
    name: 'REF -- COMMAND',
    min: 2,
    max: Number.POSITIVE_INFINITY,
    completes: 'ref',
    forms: ['[options] REF -- COMMAND [ARGUMENT…]'],
  },
  options: [...ONE_MODEL_OPTIONS, PROGRESS_OPTION],
  examples: [
    { command: 'wan models exec t2v-A14B@2.2.0 -- python generate.py --steps 4', what: 'generate.py reads os.environ["WAN_MODEL_PATH"]' },
    { command: 'wan models exec t2v-A14B@2.2.0 --offline -- sh -c \'ls -l "$WAN_MODEL_PATH"\'', what: 'only if it is here' },
  ],
  exitStatuses: [3, 4, 5, 6, 7, 8, 9, 126, 127, 130, 143],
  run: async (session, args) => {
    const [ref = '', ...command] = args.operands;
    await using model = await holdModel(session, args, { ref, command: command.join(' '), signal: session.signal });
    return await runOn(session, model, { command, json: args.has('json') });
  },
};

async function runOn(
  session: Session,
  model: HeldModel,
  { command, json }: { command: readonly string[]; json: boolean },
): Promise<Report> {
  const { io } = session;
  try {
    const end = await runChild({
      command,
      env: { ...io.env, WAN_MODEL_PATH: model.path },
      cwd: io.cwd,
      stdout: json ? 'stderr' : 'inherit',
      handOver: session.handOver,
      isTerminal: io.stdin.isTTY,
    });
    return { wire: () => endWire(model, command, end), text: () => '', exitStatus: end.exitStatus };
  } catch (thrown) {
    const error = asModelError(thrown);
    const exitStatus = statusOfFailure(error);
    return { text: () => '', error, ...(exitStatus !== undefined && { exitStatus }) };
  }
}

const endWire = ({ ref, path }: HeldModel, command: readonly string[], { exitStatus, signal }: ChildEnd): Wire<typeof execData> => ({
  ref: formatRef(ref),
  path,
  command,
  exit_status: exitStatus,
  ...(signal !== undefined && { signal }),
});
