import { describe, expect, it } from 'vitest';
import { ModelError } from '../domain/errors.ts';
import type { Io } from './io.ts';
import { printReport } from './print-report.ts';
import { OWN_COLOURS, paint } from './render/paint.ts';
import { endedWith, type Report } from './report.ts';

const HOSTILE = 'v1\u001b[2J\u001b[31m\u009b8m\u202e\r\u0007';
const SHOWN = 'v1\\u001b[2J\\u001b[31m\\u009b8m\\u202e\\u000d\\u0007';

function printed(
  report: Report,
  {
    isTTY,
    json = false,
    errorText = true,
    env = {},
  }: { isTTY: boolean; json?: boolean; errorText?: boolean; env?: Record<string, string> },
) {
  let [out, err] = ['', ''];
  const io: Io = {
    stdin: { isTTY: false, setRawMode: () => {}, async *text() {} },
    stdout: { isTTY, write: (text) => (out += String(text)) },
    stderr: { isTTY, write: (text) => (err += String(text)) },
    env: { LANG: 'C.UTF-8', ...env },
    cwd: '/',
    platform: 'linux',
  };
  printReport(report, { io, style: { json, noColor: false, debug: true, errorText }, schema: 'x/v1' });
  return { out, err };
}

const failed = (message: string): Report => ({
  text: () => '',
  error: new ModelError('SOURCE_UNAVAILABLE', message, {
    hint: `name ${HOSTILE}`,
    attempts: [{ source: HOSTILE, code: 'SOURCE_UNAVAILABLE', message: `has ${HOSTILE}` }],
  }),
});

describe('a report', () => {
  it('tells its error once where that is wanted: in the document alone, and without one on stderr as ever', () => {
    const once = printed(failed('no'), { isTTY: true, json: true, errorText: false });
    expect([JSON.parse(once.out).error.code, once.err]).toEqual(['SOURCE_UNAVAILABLE', '']);
    expect(printed(failed('no'), { isTTY: true, json: true }).err).toContain('SOURCE_UNAVAILABLE');
    expect(printed(failed('no'), { isTTY: true, errorText: false }).err).toContain('SOURCE_UNAVAILABLE');
  });

  it('shows a terminal our own colours and no command of what it reports', () => {
    const report: Report = { text: (screen) => `${paint(screen, 'green', 'ok')} ${HOSTILE}` };
    const shown = `v1\\u001b[2J\u001b[31m\\u009b8m\\u202e\\u000d\\u0007\n`;
    expect(printed(report, { isTTY: true }).out).toBe(`\u001b[32mok\u001b[39m ${shown}`);
    expect(printed(report, { isTTY: true, env: { NO_COLOR: '1' } }).out).toBe(`ok ${SHOWN}\n`);
  });

  it('gives a pipe the names as they are', () => {
    expect(printed({ text: () => '/models/\u200fא' }, { isTTY: false }).out).toBe('/models/\u200fא\n');
  });

  it.each([true, false])('of an error lets no command of others through, terminal or not (%s)', (isTTY) => {
    const { err } = printed(failed(`no release ${HOSTILE}`), { isTTY });
    const bare = err.replaceAll(new RegExp(OWN_COLOURS, 'g'), '');
    expect(bare).not.toMatch(/[^\P{C}\n]/u);
    expect(bare).toContain(
      `error: SOURCE_UNAVAILABLE no release ${SHOWN}\n  - ${SHOWN}: SOURCE_UNAVAILABLE has ${SHOWN}\nhint: name ${SHOWN}\n`,
    );
  });

  it('of an error sets further lines in: none passes for one of ours', () => {
    const { err } = printed(failed('gone\nhint: run rm -rf /'), { isTTY: false });
    expect(err).toContain('gone\n  hint: run rm -rf /\n');
  });

  it('of several models tells why each failed, and names it where its error does not', () => {
    const failures = ['a@1.0.0', 'b@1.0.0'].map((ref) => ({
      ref,
      error: new ModelError('NO_SPACE', `no room for ${ref}`, { hint: 'make room' }),
    }));
    const nameless = { ref: 'c@1.0.0', error: new ModelError('OFFLINE', 'not here', { hint: 'go online' }) };
    const { err } = printed({ text: () => '', ...endedWith([...failures, nameless]) }, { isTTY: false });
    expect(err.split('\n').filter((line) => line.startsWith('error'))).toEqual([
      'error: NO_SPACE no room for a@1.0.0',
      'error: NO_SPACE no room for b@1.0.0',
      'error: OFFLINE c@1.0.0: not here',
    ]);
  });

  it('of very many says how many more there are', () => {
    const failures = Array.from({ length: 12 }, (_, at) => ({ ref: `m${at}`, error: new ModelError('OFFLINE', 'not here') }));
    const { err } = printed({ text: () => '', ...endedWith(failures) }, { isTTY: false });
    expect(err).toContain('error: OFFLINE m9: not here');
    expect(err.endsWith('and 2 more that failed: --json tells why\n')).toBe(true);
  });

  it('as JSON reads back equal, and has nothing that a terminal obeys', () => {
    const { out } = printed(failed(`no release ${HOSTILE}`), { isTTY: true, json: true });
    expect(out).not.toMatch(/[^\P{C}\n]/u);
    expect(JSON.parse(out).error.message).toBe(`no release ${HOSTILE}`);
  });
});
