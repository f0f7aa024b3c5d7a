import { posix, win32 } from 'node:path';
import type { ParseContext } from './value-type.ts';

/** `~/` is the home directory; what is relative starts at `baseDir`. */
export function absolutePath(text: string, { baseDir, homeDir, platform }: ParseContext): string {
  const rules = platform === 'win32' ? win32 : posix;
  if (text === '~' || text.startsWith('~/') || text.startsWith('~\\')) return rules.join(homeDir, text.slice(1));
  return rules.resolve(baseDir, text);
}
