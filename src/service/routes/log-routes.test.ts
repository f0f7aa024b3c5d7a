import { expect, it } from 'vitest';
import { modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import type { LogRecord } from '../../observability/log-record.ts';
import { LogTail } from '../../observability/log-tail.ts';
import { logPage } from '../contract/logs.ts';

const said = (level: LogRecord['level'], message: string): LogRecord => ({
  ...{ timestamp: new Date().toISOString(), correlation_id: 'c', event: 'service.trouble' },
  ...{ level, message },
});

it('the log of the service is told page after page, by level, to those who rule it', async () => {
  const logTail = new LogTail();
  for (const message of ['one', 'two', 'three']) logTail.add(said(message === 'two' ? 'ERROR' : 'INFO', message));
  const { ask, bearer } = await testService(await modelFixture({ files: { 'a.bin': 'bytes' } }), { logTail });
  const headers = await bearer('admin');
  const page = async (query: string) => (await ask(`/v1/logs${query}`, { headers })).as(logPage);
  expect((await page('?limit=2')).lines.map(({ message }) => message)).toEqual(['three', 'two']);
  expect((await page('?limit=2&before=2')).lines.map(({ message }) => message)).toEqual(['one']);
  expect((await page('?after=3')).lines).toEqual([]);
  expect((await page('?level=warn')).lines.map(({ message }) => message)).toEqual(['two']);
  expect((await page('')).epoch).toMatch(/^[0-9a-f]{8}$/);
  expect((await ask('/v1/logs?level=loud', { headers })).status).toBe(400);
  expect((await ask('/v1/logs')).status).toBe(401);
  expect((await ask('/v1/logs', { headers: await bearer('write') })).status).toBe(403);
});
