import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, ModelError } from '../../src/domain/errors.ts';

const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** The cells of each row that names a code. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

describe('docs/errors.md', () => {
  it('lists exactly the codes of the product, with what the product does', () => {
    const documented = rows.map(([code, exit, http, retry, , next]) => [code, exit, http, retry, next]);
    const actual = Object.entries(ERROR_CODES).map(([code, { exitCode, httpStatus, retryable, hint }]) => [
      `\`${code}\``,
      String(exitCode),
      String(httpStatus),
      retryable ? 'yes' : 'no',
      sentence(hint),
    ]);
    expect(documented).toEqual(actual);
  });

  it('says of each code, in a sentence of its own, what it means', () => {
    const meanings = rows.map((row) => row[4] ?? '');
    for (const meaning of meanings) expect(meaning).toMatch(/^[A-Z`].{10,}\.$/);
    expect(new Set(meanings).size).toBe(rows.length);
  });

  it('shows the document with all of its fields', () => {
    const [, example = '{}'] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
    const attempt = { source: 's', file: 'f', code: 'OFFLINE', message: 'm' } as const;
    const whole = new ModelError('NO_SPACE', 'm', { reason: 'r', attempts: [attempt], details: { bytes_needed: 0 } }).toJSON();
    const shown = JSON.parse(example) as Record<string, unknown>;
    expect(Object.keys(shown)).toEqual(Object.keys(whole));
    expect(Object.keys((shown.attempts as object[])[0] ?? {})).toEqual(Object.keys(attempt));
  });
});
