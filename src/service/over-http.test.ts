import { describe, expect, it, vi } from 'vitest';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { namesFlag, testService } from '../../test/support/test-service.ts';
import { createJobRunner } from '../compose/jobs.ts';
import { loadConfig } from '../config/load-config.ts';
import { jobDocument } from '../documents/jobs.ts';
import { sourcesResult } from '../documents/models.ts';
import { ERROR_CODES, type ErrorCode, ModelError } from '../domain/errors.ts';
import { submittedJob } from './contract/jobs.ts';
import { overHttp, stepOf } from './over-http.ts';

const world = () => modelFixture({ files: { 'a.bin': 'some bytes' } });

describe('the next step over HTTP', () => {
  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('of %s is none of a command line', (code) => {
    expect([stepOf(code), namesFlag(stepOf(code))]).toEqual([stepOf(code), false]);
    expect(stepOf(code)).not.toContain('same command');
    expect(overHttp(new ModelError(code, 'm').toJSON()).hint).toBe(stepOf(code));
  });

  it('is what the thrower says, but for a reason that the API has its own way for', () => {
    const hint = 'take --force';
    const said = (reason: string) => overHttp(new ModelError('CONCURRENT_MODIFICATION', 'm', { reason, hint }).toJSON());
    expect(said('other')).toMatchObject({ hint, reason: 'other', message: 'm' });
    expect(said('model_pinned').hint).toContain('?force=true');
  });

  it('is told where a model is pinned, and can be taken', async () => {
    const { orchestrator, ask, bearer } = await testService(await world());
    const [headers, path] = [await bearer('write'), `/v1/models/${MODEL}`];
    await orchestrator.ensure(MODEL);
    await orchestrator.pinModel(MODEL);
    const refused = await ask(path, { method: 'DELETE', headers });
    expect(refused.json()).toMatchObject({
      status: 409,
      reason: 'model_pinned',
      hint: expect.stringContaining(`DELETE /v1/models/{id}/pin`),
    });
    expect((await ask(`${path}?force=true`, { method: 'DELETE', headers })).status).toBe(200);
  });

  it('stands in the error of a job and of a source, too', async () => {
    const offline = await modelFixture({ files: { 'a.bin': 'some bytes' }, sources: ['http'], env: { WAN_OFFLINE: 'true' } });
    const { ask, bearer } = await testService(offline);
    const headers = { ...(await bearer('write')), 'content-type': 'application/json' };
    const body = JSON.stringify({ kind: 'ensure', model: MODEL });
    const { job } = (await ask('/v1/jobs', { method: 'POST', headers, body })).as(submittedJob);
    const ending = new AbortController();
    const ended = createJobRunner(await loadConfig({ env: offline.env, cwd: offline.directory })).run({ signal: ending.signal });
    const failed = await vi.waitUntil(async () => (await ask(`/v1/jobs/${job.id}`, { headers })).as(jobDocument).error, {
      timeout: 20_000,
    });
    ending.abort();
    await ended;
    const { sources } = (await ask(`/v1/models/${MODEL}/sources`, { headers })).as(sourcesResult);
    expect([failed, sources[0]?.error].map((error) => [error?.code, error?.hint])).toEqual(Array(2).fill(['OFFLINE', stepOf('OFFLINE')]));
  });
});
