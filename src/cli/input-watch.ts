/** Standard input as a line to whoever started us: while it is open they live, when it ends they want us to stop, or are gone. */
import { isModelError, ModelError } from '../domain/errors.ts';
import type { TextInput } from './input.ts';

export interface InputWatch {
  /** Aborted with CANCELLED at the end of the input, or with the signal that was given. */
  readonly signal: AbortSignal;
  /** From now on nothing is read, and an open input keeps no process. */
  stop(): void;
}

export function watchInput(stdin: TextInput, signal: AbortSignal): InputWatch {
  const ended = new AbortController();
  const stopped = new AbortController();
  void drain(stdin, AbortSignal.any([signal, stopped.signal])).then(
    () => ended.abort(inputEnded()),
    (error: unknown) => {
      if (!isModelError(error, 'CANCELLED')) ended.abort(error);
    },
  );
  return { signal: AbortSignal.any([signal, ended.signal]), stop: () => stopped.abort() };
}

async function drain(stdin: TextInput, signal: AbortSignal): Promise<void> {
  for await (const _ of stdin.text(signal));
}

const inputEnded = (): ModelError => new ModelError('CANCELLED', 'standard input ended: what is held is kept', { reason: 'stdin_ended' });
