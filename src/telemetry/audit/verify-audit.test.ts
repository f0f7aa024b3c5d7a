import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { AuditEntry, AuditFault } from '../../domain/audit.ts';
import { systemClock, systemRandom } from '../../util/system-world.ts';
import { AuditLog } from './audit-log.ts';
import { encodeLine, GENESIS } from './chain.ts';
import { verifyAudit } from './verify-audit.ts';

const actor = { user: 'tester', host: 'here', pid: 1, via: 'cli' } as const;
const entry = (name: string): AuditEntry => ({
  time: '2026-11-28T00:00:00.000Z',
  act: 'rm',
  outcome: 'ok',
  actor,
  correlation_id: name,
  facts: { model: name },
});

let directory: string;
const FILE = 'audit-000001.jsonl';

/** A log of so many lines, one call each. */
async function logOf(lines: number, segmentBytes?: number): Promise<AuditLog> {
  const options = { directory, root: join(directory, '..'), isInStore: false, clock: systemClock, random: systemRandom };
  const log = new AuditLog({ ...options, ...(segmentBytes !== undefined && { segmentBytes }) });
  for (let line = 1; line <= lines; line++) await log.append([entry(`line ${line}`)]);
  return log;
}

const linesIn = (file = FILE): string[] => readFileSync(join(directory, file), 'utf8').trimEnd().split('\n');
const writeLines = (lines: readonly string[], file = FILE): void =>
  writeFileSync(join(directory, file), lines.map((line) => `${line}\n`).join(''));
const told = (faults: readonly AuditFault[]): string[] => faults.map(({ kind, seq }) => `${kind} ${seq ?? '-'}`);

beforeEach(async () => {
  directory = join(await tempDir(), 'audit');
});

describe('a log that somebody changed', () => {
  it('names the line with another word in it', async () => {
    await logOf(6);
    writeLines(linesIn().map((line, index) => (index === 3 ? line.replace('"model":"line 4"', '"model":"line 9"') : line)));
    const verdict = verifyAudit(directory);
    expect(told(verdict.faults)).toEqual(['changed 4']);
    expect(verdict.faults[0]).toMatchObject({ file: FILE, line: 4, message: 'line 4 is not as it was written' });
  });

  it('names the line that was written anew with a right hash of its own', async () => {
    await logOf(6);
    const lines = linesIn();
    const third = JSON.parse(lines[2] ?? '');
    const forged = encodeLine(entry('another'), { seq: 3, hash: third.hash });
    writeLines(lines.map((line, index) => (index === 3 ? forged.text : line)));
    expect(told(verifyAudit(directory).faults)).toEqual(['changed 4']);
  });

  it('names the last line where that was written anew', async () => {
    await logOf(3);
    const lines = linesIn();
    writeLines([...lines.slice(0, 2), encodeLine(entry('another'), { seq: 2, hash: JSON.parse(lines[1] ?? '').hash }).text]);
    expect(told(verifyAudit(directory).faults)).toEqual(['changed 3']);
  });

  it('names lines that are gone, at the beginning and in the middle', async () => {
    await logOf(8);
    writeLines(linesIn().filter((_, index) => index !== 3 && index !== 4));
    expect(verifyAudit(directory).faults).toMatchObject([{ kind: 'missing', seq: 4, message: 'lines 4 to 5 are missing before this one' }]);
    writeLines(linesIn().slice(1));
    expect(told(verifyAudit(directory).faults)).toEqual(['missing 1', 'missing 4']);
    expect(told(verifyAudit(directory, { from: 2 }).faults)).toEqual(['missing 4']);
  });

  it('names lines that were swapped, and one that is there twice', async () => {
    await logOf(6);
    const [a = '', b = '', c = '', ...rest] = linesIn();
    writeLines([a, c, b, ...rest]);
    expect(told(verifyAudit(directory).faults)).toEqual(['misplaced 2']);
    writeLines([a, b, b, c, ...rest]);
    expect(told(verifyAudit(directory).faults)).toEqual(['misplaced 2']);
  });

  it('tells that the end was cut off, whole lines or the middle of one, by head.json', async () => {
    await logOf(6);
    const lines = linesIn();
    writeLines(lines.slice(0, 4));
    expect(verifyAudit(directory).faults).toMatchObject([
      { kind: 'cut', seq: 5, message: expect.stringContaining('lines 5 to 6 are missing') },
    ]);
    writeLines(lines);
    truncateSync(join(directory, FILE), readFileSync(join(directory, FILE)).length - 10);
    expect(told(verifyAudit(directory).faults)).toEqual(['cut 6']);
  });

  it('goes on after a cut in such a way that it shows for ever', async () => {
    const log = await logOf(6);
    writeLines(linesIn().slice(0, 4));
    await log.append([entry('after the cut')]);
    expect(verifyAudit(directory)).toMatchObject({ faults: [{ kind: 'missing', seq: 5 }], head: { seq: 7 } });
  });

  it('says that nobody can tell of a cut where head.json is gone, and then a mark from elsewhere tells it', async () => {
    await logOf(6);
    const { head } = verifyAudit(directory);
    writeLines(linesIn().slice(0, 4));
    unlinkSync(join(directory, 'head.json'));
    expect(told(verifyAudit(directory).faults)).toEqual(['no_head -']);
    expect(told(verifyAudit(directory, head ? { mark: head } : {}).faults)).toEqual(['no_head -', 'cut 5']);
  });

  it('shows by a mark that the whole log was written anew', async () => {
    await logOf(4);
    const { head } = verifyAudit(directory);
    rmSync(directory, { recursive: true });
    await logOf(5);
    expect(verifyAudit(directory).ok).toBe(true);
    expect(head).toBeDefined();
    // Same words, same time, same people: the same log. Other words show.
    expect(verifyAudit(directory, head ? { mark: head } : {}).ok).toBe(true);
    expect(told(verifyAudit(directory, { mark: { seq: 4, hash: 'f'.repeat(64) } }).faults)).toEqual(['changed 4']);
  });

  it('is not fooled by words about a torn line that are not true', async () => {
    await logOf(4);
    const lines = linesIn();
    const forged = encodeLine({ ...entry('x'), act: 'audit.mended', facts: { torn_bytes: 3, torn_sha256: 'a' } }, GENESIS);
    writeLines(['oops', forged.text, ...lines.slice(1)]);
    expect(verifyAudit(directory).ok).toBe(false);
  });
});

it('any one change of any line of any log is found', async () => {
  await logOf(9, 1000);
  const files = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
  expect(files.length).toBeGreaterThan(2);
  const good = new Map(files.map((file) => [file, readFileSync(join(directory, file))]));
  const restore = () => {
    for (const [file, bytes] of good) writeFileSync(join(directory, file), bytes);
  };
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom('flip', 'drop', 'swap', 'cut'),
      (file, at, mask, how) => {
        restore();
        const bytes = Buffer.from(good.get(file) ?? []);
        const lines = linesIn(file);
        if (how === 'flip') {
          const place = at % bytes.length;
          bytes[place] = (bytes[place] ?? 0) ^ mask;
          writeFileSync(join(directory, file), bytes);
        } else if (how === 'drop') writeLines(lines.toSpliced(at % lines.length, 1), file);
        else if (how === 'swap' && lines.length > 1) {
          const place = at % (lines.length - 1);
          writeLines([...lines.slice(0, place), lines[place + 1] ?? '', lines[place] ?? '', ...lines.slice(place + 2)], file);
        } else writeFileSync(join(directory, file), bytes.subarray(0, bytes.length - 1 - (at % (bytes.length - 1))));
        expect(verifyAudit(directory).ok).toBe(false);
      },
    ),
    { numRuns: 300 },
  );
  restore();
  expect(verifyAudit(directory)).toMatchObject({ ok: true, lines: 9, first: 1, files: files.length });
});

it('a log that is not there has no faults and no lines', () => {
  expect(verifyAudit(join(directory, 'nowhere'))).toMatchObject({ ok: true, lines: 0, files: 0, faults: [] });
});

it('goes on in the last file where head.json was never written', async () => {
  const log = await logOf(3, 10);
  unlinkSync(join(directory, 'head.json'));
  mkdirSync(join(directory, 'x'), { recursive: true });
  await log.append([entry('goes on')]);
  expect(verifyAudit(directory)).toMatchObject({ ok: true, lines: 4, head: { seq: 4 } });
});
