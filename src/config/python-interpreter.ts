import type { Config } from './config.ts';

/** The Python that loads models, and who named it. */
export const pythonInterpreter = ({ python, origins, platform }: Config): { readonly command: string; readonly origin: string } =>
  python === undefined
    ? { command: platform === 'win32' ? 'python' : 'python3', origin: 'of PATH' }
    : { command: python, origin: origins.python.from === 'flag' ? '--python' : (origins.python.where ?? 'configured') };
