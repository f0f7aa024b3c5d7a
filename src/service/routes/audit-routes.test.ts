import { describe, expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import { auditPage } from '../contract/audit.ts';

async function pinnedOften(times: number) {
  const world = await modelFixture({ files: { 'a.bin': 'bytes' } });
  const served = await testService(world);
  const headers = await served.bearer('admin');
  await served.orchestrator.ensure(MODEL);
  for (let index = 1; index < times; index++) await served.orchestrator.pinModel(MODEL, { reason: String(index) });
  const page = async (query: string) => {
    const { lines, more } = (await served.ask(`/v1/audit${query}`, { headers })).as(auditPage);
    return [lines.map(({ seq }) => seq), more];
  };
  return { ...served, page };
}

describe('the audit log', () => {
  it('is told newest first, page after page, and from where somebody has read', async () => {
    const { page } = await pinnedOften(5);
    expect(await page('')).toEqual([[5, 4, 3, 2, 1], false]);
    expect(await page('?limit=2')).toEqual([[5, 4], true]);
    expect(await page('?limit=2&before=4')).toEqual([[3, 2], true]);
    expect(await page('?limit=2&before=2')).toEqual([[1], false]);
    expect(await page('?after=3')).toEqual([[5, 4], false]);
    expect(await page('?after=3&limit=1')).toEqual([[5], true]);
    expect(await page('?after=5')).toEqual([[], false]);
  });

  it('is for those who rule the service', async () => {
    const { ask, bearer } = await pinnedOften(1);
    expect((await ask('/v1/audit')).status).toBe(401);
    expect((await ask('/v1/audit', { headers: await bearer('write') })).status).toBe(403);
  });

  it('is empty where nothing was done yet, and says so where none is kept', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'bytes' } });
    const kept = await testService(world);
    expect((await kept.ask('/v1/audit', { headers: await kept.bearer('admin') })).as(auditPage)).toEqual({ lines: [], more: false });
    const off = await testService(world, { env: { WAN_AUDIT_LOG: 'off' } });
    const answer = await off.ask('/v1/audit', { headers: await off.bearer('admin') });
    expect([answer.status, answer.json().reason]).toEqual([500, 'audit_log_off']);
  });
});
