import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { flipBit } from '../../../test/support/flip-bit.ts';
import { MODEL, modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import { checkInvariants } from '../../compose.ts';
import { gcData } from '../../documents/gc.ts';
import { verifyResult } from '../../documents/models.ts';
import { pinResult, pinsData } from '../../documents/pins.ts';

async function servedModel() {
  const world = await modelFixture({ files: { 'a.bin': 'some bytes' } });
  const served = await testService(world, { env: { WAN_API_ANONYMOUS: 'write', WAN_GC_GRACE: '0' } });
  await served.orchestrator.ensure(MODEL);
  const json = { 'content-type': 'application/json' };
  const send = (method: string, path: string, body?: object, headers: Readonly<Record<string, string>> = {}) =>
    served.ask(path, { method, headers: { ...json, ...headers }, ...(body && { body: JSON.stringify(body) }) });
  return { world, served, send };
}

describe('over HTTP', () => {
  it('a model is pinned, is not removed then, and is let go', async () => {
    const { served, send } = await servedModel();
    const pinned = (await send('PUT', `/v1/models/${MODEL}/pin`, { reason: 'demo', until: '7d' })).as(pinResult);
    expect(pinned).toMatchObject({ ref: MODEL, state: 'active', reason: 'demo' });
    expect((await served.ask('/v1/pins')).as(pinsData).pins).toHaveLength(1);
    expect([(await send('DELETE', `/models/${MODEL}`)).status, (await send('DELETE', `/v1/models/${MODEL}/pin`)).status]).toEqual([
      409, 200,
    ]);
    const removed = await send('DELETE', `/models/${MODEL}?delete_files=true`);
    expect(removed.json()).toMatchObject({ success: true, removed: true, id: MODEL });
    expect((await send('DELETE', `/models/${MODEL}`)).json()).toMatchObject({ success: true, removed: false });
  });

  it('what is read for a caller ends when the caller goes', async () => {
    const world = await modelFixture({ files: { 'a.bin': seeded(4_000_000, 1) } });
    const served = await testService(world, { env: { WAN_API_ANONYMOUS: 'write' } });
    await served.orchestrator.ensure(MODEL);
    const call = new AbortController();
    const body = JSON.stringify({ limit_rate_bytes_per_second: 200_000, deep: true });
    const headers = { 'content-type': 'application/json' };
    const asked = served.ask(`/models/${MODEL}/verify`, { method: 'POST', body, headers, signal: call.signal });
    await vi.waitFor(async () => expect((await served.orchestrator.status(MODEL)).state).toBe('VERIFYING'));
    call.abort();
    await expect(asked).rejects.toThrow();
    await vi.waitFor(async () => expect((await served.orchestrator.status(MODEL)).state).toBe('COMPLETE'), { timeout: 5000 });
  });

  it('what is over already is no moment to pin until', async () => {
    const { send } = await servedModel();
    const answer = await send('PUT', `/v1/models/${MODEL}/pin`, { until: '2001-01-01' });
    expect([answer.status, answer.json().message]).toEqual([400, 'body.until: is no moment to come: 2099-12-31, or 7d from now']);
  });

  it('a model is read again, and what rotted is told', async () => {
    const { world, send } = await servedModel();
    expect((await send('POST', `/v1/models/${MODEL}/verify`)).as(verifyResult).ok).toBe(true);
    flipBit(join(world.modelDir(), 'a.bin'), 3);
    const bad = (await send('POST', `/v1/models/${MODEL}/verify`, { deep: true })).as(verifyResult);
    expect([bad.ok, bad.files[0]?.fault]).toEqual([false, 'digest']);
  });

  it('gc shows a plan, and removes just that', async () => {
    const { world, served, send } = await servedModel();
    const plan = (await served.ask('/v1/gc/plan?max_size=1&purge=true')).json<{
      plan_id: string;
      items: { action: string; what: string }[];
    }>();
    expect(plan.items.find(({ action }) => action === 'remove')?.what).toBe(MODEL);
    const body = { plan_id: plan.plan_id, max_size: '1', purge: true };
    expect((await send('POST', '/v1/gc', body)).json().code).toBe('AUTH_FAIL');
    const admin = await served.bearer('admin');
    const report = (await send('POST', '/v1/gc', body, admin)).as(gcData);
    expect([report.dry_run, report.reclaimed_bytes > 0]).toEqual([false, true]);
    const again = await send('POST', '/v1/gc', body, admin);
    expect([again.status, again.json().reason]).toEqual([409, 'plan_unknown']);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it.each([
    ['GET', '/workers'],
    ['POST', `/models/${MODEL}/assign`],
    ['POST', `/v1/models/${MODEL}/unassign`],
    ['POST', `/api/models/${MODEL}/unload`],
    ['POST', '/workers/gpu-1/heartbeat'],
  ])('what needs many machines is not there, and says so: %s %s', async (method, path) => {
    const { send } = await servedModel();
    const answer = await send(method, path, method === 'GET' ? undefined : { worker_id: 'gpu-1' });
    expect([answer.status, answer.json().code, typeof answer.json().detail]).toEqual([501, 'NOT_IMPLEMENTED', 'string']);
  });
});
