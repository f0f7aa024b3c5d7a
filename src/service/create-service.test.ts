import { describe, expect, it } from 'vitest';
import { modelFixture } from '../../test/support/model-fixture.ts';
import { testService } from '../../test/support/test-service.ts';

const world = () => modelFixture({ files: { 'a.bin': 'bytes' } });

describe('the service', () => {
  it.each(['/v1', '/v1/', '/', '/api', '/api/v1', '/api/v1/'])('says at %s what it is, without a redirect', async (path) => {
    const { ask } = await testService(await world());
    const answer = await ask(path);
    expect([answer.status, answer.json().service]).toEqual([200, 'wan-models']);
  });

  it('answers what it does not know with a problem document', async () => {
    const { ask } = await testService(await world());
    const answer = await ask('/v1/nowhere?token=x', { headers: { 'x-correlation-id': 'mine-17' } });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual({
      type: '/reference#INVALID_INPUT',
      title: 'Not Found',
      status: 404,
      detail: 'there is no GET /v1/nowhere',
      message: 'there is no GET /v1/nowhere',
      code: 'INVALID_INPUT',
      reason: 'route_unknown',
      hint: 'see /openapi.json for what there is',
      retryable: false,
      correlation_id: 'mine-17',
    });
  });
});
