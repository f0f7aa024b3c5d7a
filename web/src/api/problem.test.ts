import { expect, it } from 'vitest';
import { isUnreachable, jsonOf, type Problem, problemOf } from './problem.ts';

const refusal = (body: BodyInit, type = 'application/problem+json') =>
  new Response(body, { status: 401, headers: { 'content-type': type } });

/** Breaks off as a connection does. */
const broken = (error: unknown) => new ReadableStream({ pull: (controller) => controller.error(error) });

it('a refusal is told in the words of the service', async () => {
  const problem = await problemOf(
    refusal('{"message":"no","hint":"try","code":"AUTH_FAIL","reason":"token_missing","correlation_id":"c"}'),
  );
  expect(problem).toMatchObject({
    status: 401,
    message: 'no',
    hint: 'try',
    code: 'AUTH_FAIL',
    reason: 'token_missing',
    correlationId: 'c',
  });
});

it('of what somebody between has answered only the status is known', async () => {
  expect(await problemOf(refusal('<html>', 'text/html'))).toMatchObject({ status: 401, hint: '', reason: undefined });
  await expect(jsonOf(new Response('<html>'))).rejects.toMatchObject({ status: 200 });
});

it('an answer that breaks off is none', async () => {
  const failed: Problem = await problemOf(refusal(broken(new TypeError('terminated')))).catch((error: unknown) => error as Problem);
  expect(isUnreachable(failed)).toBe(true);
});

it('an answer for which nobody waits any more says nothing of the service', async () => {
  const left = AbortSignal.abort(new Error('left'));
  await expect(problemOf(refusal(broken(left.reason)), left)).rejects.toThrow('left');
});
