/** docs/requirements.md says of every acceptance criterion which tests show it; here that is true. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');

const rising = (before: number | string, count: number): string[] => Array.from({ length: count }, (_, at) => `${before}.${at + 1}`);

/** Criteria of requirements 1 to 14. */
const COUNTS = [8, 6, 5, 8, 7, 5, 5, 8, 5, 7, 7, 7, 7, 7];
const criteria = COUNTS.flatMap((count, index) => rising(index + 1, count));

interface NamedTest {
  /** Relative to docs/. */
  readonly file: string;
  readonly title: string;
}

interface Row {
  readonly criterion: string;
  readonly tests: readonly NamedTest[];
  readonly later: string | undefined;
}

const rows = readFileSync(join(DOCS, 'requirements.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const cells = /^\| ((?:\d+|[RW])\.\d+) \| (.+?) \| (.+) \|$/.exec(line);
    return cells === null ? [] : [rowOf(cells[1] ?? '', cells[3] ?? '')];
  });

function rowOf(criterion: string, cell: string): Row {
  const parts = cell.split('<br>');
  const tests = parts.flatMap((part): NamedTest[] => {
    const link = /^\[[^\]]+\]\(([^)]+\.ts)\) (.+)$/.exec(part);
    return link === null ? [] : [{ file: link[1] ?? '', title: link[2] ?? '' }];
  });
  const later = parts.map((part) => /^later: (.+)$/.exec(part)?.[1]).find((found) => found !== undefined);
  expect(tests.length + (later === undefined ? 0 : 1), `${criterion}: every line is a test or says what comes later`).toBe(parts.length);
  return { criterion, tests, later };
}

/** As the source has them, with `…` for what `it.each` fills in. */
function titlesIn(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  const found = source.matchAll(/(?:^|[\s)])(?:it|test)?\(\s*(['"`])((?:(?!\1)[^\\\n])+)\1/gm);
  return [...found].map(([, , title = '']) => title.replace(/%[sijdfo]/g, '…').replaceAll('|', '\\|'));
}

describe('docs/requirements.md', () => {
  it('has one row for every acceptance criterion, in order', () => {
    const [numbered, others] = [
      rows.filter(({ criterion }) => /^\d/.test(criterion)),
      rows.filter(({ criterion }) => /^\D/.test(criterion)),
    ];
    expect(numbered.map(({ criterion }) => criterion)).toEqual(criteria);
    expect(others.map(({ criterion }) => criterion)).toEqual([...rising('R', 8), ...rising('W', 5)]);
  });

  it.each(rows.map((row) => [row.criterion, row] as const))('names tests that exist, or what comes later: %s', (_, { tests, later }) => {
    expect(tests.length > 0 || later !== undefined).toBe(true);
    for (const { file, title } of tests) expect(titlesIn(join(DOCS, file)), file).toContain(title);
  });

  it('leaves out no test of this folder', () => {
    const named = new Set(rows.flatMap(({ criterion, tests }) => tests.map(({ title }) => `${criterion} ${title}`)));
    const existing = globSync('req-*.test.ts', { cwd: import.meta.dirname })
      .sort()
      .flatMap((file) => titlesIn(join(import.meta.dirname, file)))
      .filter((title) => /^\d+\.\d+ /.test(title));
    expect(existing.length).toBeGreaterThan(50);
    expect(existing.filter((title) => !named.has(`${title.split(' ')[0]} ${title}`))).toEqual([]);
  });

  it('links to files from where it lies', () => {
    for (const { tests } of rows) for (const { file } of tests) expect(dirname(file)).toMatch(/^\.\.\/(?:src|test)\//);
  });
});
