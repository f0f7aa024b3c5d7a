import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { modelFixture } from '../../test/support/model-fixture.ts';
import { testService } from '../../test/support/test-service.ts';
import { asModelError } from '../domain/errors.ts';
import type { Answer } from './answer.ts';
import { answerRecord } from './answer-record.ts';
import { Refusal } from './refusal.ts';

it('a record of a token that others can read is told in the log, and to its caller only that it is of no use', async () => {
  const served = await testService(await modelFixture({ files: { 'a.bin': 'bytes' } }));
  const headers = await served.bearer('read');
  const path = join(served.tokens.directory, `${headers.authorization.split('_')[1] ?? ''}.json`);
  await chmod(path, 0o644);
  const told = await served.ask('/v1/models', { headers });
  expect(told.text).not.toContain(path);
  const { level, message } = answerRecord((await vi.waitUntil(() => served.answers.at(-1))) as Answer);
  expect(level).toBe('WARN');
  expect(message).toContain(`${path} holds a secret and can be used by others (mode 644)`);
});

it.each([
  ['POST', 503, 'stopping', 'DEBUG'],
  ['GET', 401, 'token_unknown', 'DEBUG'],
  ['GET', 200, undefined, 'DEBUG'],
  ['POST', 200, undefined, 'INFO'],
  ['GET', 500, undefined, 'ERROR'],
] as const)('%s with %d (%s) has a level of its own', (method, status, reason, level) => {
  const failure = reason === undefined ? {} : { failure: new Refusal(reason, 'no') };
  const answer = { correlationId: 'c', method, path: '/v1/models', status, durationMs: 1, address: '127.0.0.1', caller: {}, ...failure };
  expect(answerRecord(answer).level).toBe(level);
});

it('a bug is told with the place where it happened, a refusal with its reason and the next step', () => {
  const answer = { correlationId: 'c', method: 'GET', path: '/', status: 500, durationMs: 1, address: '127.0.0.1', caller: {} };
  const failure = asModelError(new TypeError('x is not a function'));
  expect(answerRecord({ ...answer, failure })).toMatchObject({
    error_code: 'INTERNAL',
    stack: expect.stringContaining('answer-record.test.ts'),
  });
  expect(answerRecord({ ...answer, failure: new Refusal('token_unknown', 'no') })).toMatchObject({
    error_code: 'AUTH_FAIL',
    error_reason: 'token_unknown',
    hint: expect.stringContaining('wan auth token list'),
  });
});
