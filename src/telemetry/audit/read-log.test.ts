import { appendFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { AuditEntry } from '../../domain/audit.ts';
import { systemClock, systemRandom } from '../../util/system-world.ts';
import { AuditLog } from './audit-log.ts';
import { readLines, readLinesBackwards } from './read-log.ts';
import { listSegments } from './segments.ts';

const actor = { user: 'tester', host: 'here', pid: 1, via: 'cli' } as const;
const entry = (name: string): AuditEntry => ({
  ...{ time: '2026-11-28T00:00:00.000Z', act: 'rm', outcome: 'ok', actor },
  ...{ correlation_id: name, facts: {} },
});

/** A log of so many lines in several files; in the middle of it and at its end a writer was killed. */
async function logOf(lines: number): Promise<{ directory: string; files: string[] }> {
  const directory = join(await tempDir(), 'audit');
  const log = new AuditLog({
    ...{ directory, root: join(directory, '..'), isInStore: false, clock: systemClock, random: systemRandom },
    segmentBytes: 1000,
  });
  const torn = (): void => appendFileSync(join(directory, listSegments(directory).at(-1) ?? ''), '{"seq":7,"ti');
  for (let line = 1; line <= lines; line++) {
    await log.append([entry(`line ${line}`)]);
    if (line === lines >> 1) torn();
  }
  torn();
  return { directory, files: listSegments(directory) };
}

describe('the log backwards', () => {
  it('has from every place on just the lines before it, over the borders of files', async () => {
    const { directory, files } = await logOf(24);
    expect(files.length).toBeGreaterThan(4);
    const all = [...readLines(directory)];
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
    expect([...readLinesBackwards(directory)]).toEqual(all.toReversed());
    for (let before = 0; before <= 27; before++)
      expect([...readLinesBackwards(directory, before)]).toEqual(all.filter(({ seq }) => seq < before).toReversed());
  });

  it('is read from there on: newer files are not', async () => {
    const { directory, files } = await logOf(24);
    // More than can be read at all.
    truncateSync(join(directory, files.at(-1) ?? ''), 4 * 1024 ** 3);
    expect([...readLinesBackwards(directory, 10)].map(({ seq }) => seq)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(() => [...readLinesBackwards(directory)]).toThrow('read the audit log');
  });
});
