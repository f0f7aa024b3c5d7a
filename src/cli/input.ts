/** Standard input as text. Touched only by a verb that reads it. */
import { cancelledError } from '../domain/cancelled.ts';

export interface TextInput {
  readonly isTTY: boolean;
  /** Keys arrive one by one and are not shown. */
  setRawMode(raw: boolean): void;
  /** @throws ModelError CANCELLED */
  text(signal: AbortSignal): AsyncGenerator<string, void>;
}

export function textInput(stdin: () => NodeJS.ReadStream): TextInput {
  return {
    get isTTY() {
      return stdin().isTTY === true;
    },
    setRawMode: (raw) => void stdin().setRawMode(raw),
    text: (signal) => textOf(stdin(), signal),
  };
}

async function* textOf(stdin: NodeJS.ReadStream, signal: AbortSignal): AsyncGenerator<string, void> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(cancelledError(signal, 'reading standard input'));
  signal.addEventListener('abort', stop, { once: true });
  const parts = stdin.setEncoding('utf8').iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const part = await Promise.race([parts.next(), stopped]);
      if (part.done === true) return;
      yield String(part.value);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // Whoever still waits at the other end of a pipe does not keep this process.
    stdin.pause();
    stdin.unref();
  }
}
