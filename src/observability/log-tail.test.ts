import { expect, it } from 'vitest';
import type { LogRecord } from './log-record.ts';
import { LogTail } from './log-tail.ts';

const record = (level: LogRecord['level'], message: string): LogRecord => ({
  ...{ timestamp: '2026-11-28T04:12:11.395Z', correlation_id: 'c', event: 'warning' },
  ...{ level, message },
});

it('the last lines are kept, numbered, and told newest first; a bounded number of them', () => {
  const tail = new LogTail();
  for (let index = 1; index <= 2500; index++) tail.add(record(index % 2 === 0 ? 'INFO' : 'WARN', String(index)));
  const all = tail.backwards('debug');
  expect(all).toHaveLength(2000);
  expect([all[0]?.message, all[0]?.seq, all.at(-1)?.seq]).toEqual(['2500', 2500, 501]);
  expect(
    tail
      .backwards('warn')
      .map(({ seq }) => seq)
      .slice(0, 2),
  ).toEqual([2499, 2497]);
});
