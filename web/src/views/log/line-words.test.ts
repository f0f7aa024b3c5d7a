import { expect, it } from 'vitest';
import type { AuditLine, LogLine } from '../../api/wire.ts';
import { actorWords, chooseLines, chooseLogLines, factWords, momentWords } from './line-words.ts';

const line = (rest: Partial<AuditLine>): AuditLine =>
  ({
    seq: 1,
    time: '2026-11-28T04:12:11.395Z',
    act: 'pin',
    outcome: 'ok',
    actor: { user: 'u', host: 'h', pid: 1, via: 'cli' },
    facts: {},
    ...rest,
  }) as AuditLine;

it('who did it, when, and what of it is said', () => {
  const gc = line({ act: 'gc', reference: 'a@1', facts: { model: 'a@1', reclaimed_bytes: 2048, removed: 3, empty: '' } });
  expect(momentWords(gc.time)).toBe('2026-11-28 04:12:11Z');
  expect(factWords(gc)).toBe('reclaimed_bytes=2.0 KiB removed=3');
  expect(actorWords(gc)).toBe('u@h (cli)');
  expect(actorWords(line({ actor: { user: 'u', host: 'h', pid: 1, via: 'http', name: 'gateway' } }))).toBe('gateway through u@h (http)');
});

it('lines are found by any of their words', () => {
  const lines = [line({ reference: 'a@1' }), line({ act: 'rm', outcome: 'MODEL_NOT_FOUND' })];
  expect(chooseLines(lines, { search: 'PIN a@', onlyFailed: false })).toEqual([lines[0]]);
  expect(chooseLines(lines, { search: '', onlyFailed: true })).toEqual([lines[1]]);
  expect(chooseLines(lines, { search: 'gc', onlyFailed: false })).toEqual([]);
});

it('lines of the service are found by any of their words, or by how bad they are', () => {
  const said = (rest: Partial<LogLine>): LogLine => ({
    ...{
      seq: 1,
      timestamp: '2026-11-28T04:12:11.395Z',
      level: 'INFO',
      message: 'Ensured a@1',
      correlation_id: 'c-1',
      event: 'ensure.finished',
    },
    ...rest,
  });
  const lines = [said({}), said({ level: 'WARN', message: 'a disk is slow' }), said({ level: 'ERROR', correlation_id: 'c-2' })];
  expect(chooseLogLines(lines, { search: 'ensured C-2', onlyFailed: false })).toEqual([lines[2]]);
  expect(chooseLogLines(lines, { search: '', onlyFailed: true })).toEqual([lines[1], lines[2]]);
});
