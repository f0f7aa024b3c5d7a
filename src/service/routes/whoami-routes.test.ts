import { expect, it } from 'vitest';
import { modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import { whoami } from '../contract/whoami.ts';

it('whoever asks is told what they may do, with a token and without', async () => {
  const { ask, bearer } = await testService(await modelFixture({ files: { 'a.bin': 'bytes' } }));
  expect((await ask('/v1/whoami')).as(whoami)).toEqual({ token: null, scope: 'read' });
  const answer = (await ask('/v1/whoami', { headers: await bearer('write') })).as(whoami);
  expect([answer.scope, answer.token?.name]).toEqual(['write', expect.stringMatching(/^write /)]);
  expect((await ask('/v1/whoami')).as(whoami)).toEqual({ token: null, scope: null });
  expect((await ask('/v1/whoami', { headers: { authorization: 'Bearer wan_wrong' } })).status).toBe(401);
});
