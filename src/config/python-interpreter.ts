import type { Config } from './config.ts';

interface PythonInterpreter {
  readonly command: string;
  /** Who named it. */
  readonly origin: string;
}

/** The Python that loads models. A project's file that the user has not trusted names none, since it would be run. */
export function pythonInterpreter({ python, origins, heldBack, platform }: Config): PythonInterpreter {
  if (python !== undefined)
    return { command: python, origin: origins.python.from === 'flag' ? '--python' : (origins.python.where ?? 'configured') };
  const command = platform === 'win32' ? 'python' : 'python3';
  const untrusted = heldBack.python?.origin.where;
  return { command, origin: untrusted === undefined ? 'of PATH' : `of PATH, since ${untrusted} is not trusted: \`wan config trust\`` };
}
