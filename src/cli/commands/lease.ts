import { once } from 'node:events';
import { formatRef } from '../../domain/model-ref.ts';
import type { HeldModel } from '../../orchestrator/api.ts';
import type { Command } from '../command.ts';
import { NO_ERROR_TEXT, ONE_MODEL_OPTIONS, PROGRESS_OPTION } from '../common-options.ts';
import { holdModel } from '../hold-model.ts';
import { type InputWatch, watchInput } from '../input-watch.ts';
import type { Report } from '../report.ts';

export const lease: Command = {
  summary: 'Keep a model for as long as standard input stays open',
  description:
    'Makes the model real first, as ensure does, and prints its directory (with --json the document) as soon as it is held. From then on neither gc nor rm removes it, until standard input ends or a signal comes. A program holds the other end of the pipe: when it dies, however it dies, the model is free. Where a command is to be run, `wan models exec` does the same with less.',
  schema: 'wan.models.lease/v1',
  operands: { name: 'REF', min: 1, max: 1, completes: 'ref' },
  options: [
    ...ONE_MODEL_OPTIONS,
    { name: 'for', value: 'TEXT', summary: 'what uses the model, for whoever wants to remove it' },
    NO_ERROR_TEXT,
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models lease t2v-A14B@2.2.0', what: 'until Ctrl-D' },
    { command: 'sleep 1h | wan models lease t2v-A14B@2.2.0 --for "a rehearsal"', what: 'for an hour' },
  ],
  exitStatuses: [3, 4, 5, 6, 7, 8, 9, 130, 143],
  run: async (session, args) => {
    const [ref = ''] = args.operands;
    const command = args.text('for');
    const input = watchInput(session.io.stdin, session.signal);
    try {
      const model = await holdModel(session, args, { ref, signal: input.signal, ...(command !== undefined && { command }) });
      return heldReport(model, input);
    } catch (error) {
      input.stop();
      throw error;
    }
  },
};

const heldReport = (model: HeldModel, input: InputWatch): Report => ({
  wire: () => ({ ref: formatRef(model.ref), path: model.path }),
  text: () => model.path,
  afterwards: async () => {
    if (!input.signal.aborted) await once(input.signal, 'abort');
    input.stop();
    await model.release();
  },
});
