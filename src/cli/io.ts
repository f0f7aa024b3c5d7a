/** The process's streams and surroundings, handed to the rest of the CLI so that it can run inside a test. */
import { type Environment, processEnvironment } from '../config/process-environment.ts';
import { directOutput, isDirect } from './direct-output.ts';
import { type TextInput, textInput } from './input.ts';
import type { ScreenStream } from './render/screen.ts';

export interface TextStream extends ScreenStream {
  write(text: string | Uint8Array): unknown;
}

export interface Io {
  readonly stdin: TextInput;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Environment;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
}

export function processIo(): Io {
  const stdout = onFirstUse(() => (isDirect(1) ? directOutput(1, () => guarded(process.stdout)) : guarded(process.stdout)));
  const stderr = onFirstUse(() => guarded(process.stderr));
  return {
    stdin: textInput(() => process.stdin),
    // A stream of the process costs a millisecond to make: who writes nothing to one does not pay for it.
    get stdout() {
      return stdout();
    },
    get stderr() {
      return stderr();
    },
    env: processEnvironment(),
    cwd: process.cwd(),
    platform: process.platform,
  };
}

function onFirstUse<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** `wan … | head -1` closes our output early: whoever did that has seen enough. */
function guarded(stream: NodeJS.WriteStream): TextStream {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return stream;
}
