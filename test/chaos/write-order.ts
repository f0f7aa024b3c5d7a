/** What a trace proves about power loss: a name is safe once its file and then its folder were fsynced, whatever the disk does. */
import { expect } from 'vitest';
import { type Call, concerns, wordsOf } from './traced.ts';

export interface WordedCall extends Call {
  /** `rename(".tmp/UUID.rec", "STORE.json")` */
  readonly words: string;
}

export class WriteOrder {
  /** Those that succeeded, in the order of their begins. */
  readonly calls: readonly WordedCall[];

  constructor(calls: readonly Call[], root: string) {
    this.calls = calls
      .filter((call) => (concerns(call, root) || call.args.startsWith('1<')) && call.result !== undefined && !call.result.startsWith('-1'))
      .map((call) => ({ ...call, words: wordsOf(call, root) }));
  }

  all(pattern: RegExp): WordedCall[] {
    return this.calls.filter(({ words }) => pattern.test(words));
  }

  only(pattern: RegExp): WordedCall {
    const found = this.all(pattern);
    expect(
      found.map(({ words }) => words),
      `calls like ${pattern}`,
    ).toHaveLength(1);
    return found[0] as WordedCall;
  }

  /** The last write to standard output: the word that all is well. */
  success(): WordedCall {
    const printed = this.calls.filter((call) => call.name === 'write' && call.args.startsWith('1<'));
    expect(printed.length, 'a document is printed').toBeGreaterThan(0);
    return printed[0] as WordedCall;
  }

  before(first: WordedCall, second: WordedCall): void {
    expect(first.ended, `${first.words} ends before ${second.words} begins`).toBeLessThan(second.begun);
  }

  /** The folder or file was fsynced between the two. */
  synced(path: string, { after, before }: { readonly after: WordedCall; readonly before: WordedCall }): void {
    const syncs = this.all(/^f(data)?sync\(/).filter(({ words }) => words.endsWith(`(<${path}>)`));
    const inTime = syncs.filter((sync) => sync.begun > after.ended && sync.ended < before.begun);
    expect(inTime.length, `an fsync of ${path} after ${after.words} and before ${before.words}`).toBeGreaterThan(0);
  }

  /** Every write to the file was followed by an fsync of it before the given call; the same for a file without a write. */
  contentSynced(path: string, before: WordedCall): void {
    const writes = this.all(/^(pwrite64|write|ftruncate|openat|fchmod|chmod)\(/).filter(
      ({ words }) => (words.includes(`<${path}>`) || words.includes(`"${path}"`)) && !words.includes('O_RDONLY'),
    );
    const last = writes.filter((write) => write.begun < before.begun).at(-1);
    expect(last, `a write to ${path}`).toBeDefined();
    if (last !== undefined) this.synced(path, { after: last, before });
  }
}

/** The two paths of a rename, or of a link. */
export function pathsOf({ args, words }: WordedCall): { readonly from: string; readonly to: string } {
  const [from, to] = [...words.matchAll(/"([^"]*)"/g)].map((match) => match[1]);
  if (from === undefined || to === undefined) throw new Error(`no two paths in ${args}`);
  return { from, to };
}

export const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.');
