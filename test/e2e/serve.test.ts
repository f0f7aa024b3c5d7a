/** `wan serve` and `wan auth token`, as the built command. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { seeded } from '../servers/http/fault-server.ts';
import { documentOf } from '../support/document.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { serving } from '../support/running-service.ts';

const jsonOf = async <T>(asked: string | Promise<Response>): Promise<T> =>
  (await (typeof asked === 'string' ? fetch(asked) : asked)).json() as Promise<T>;

const fixture = () => modelFixture({ files: { 'a.bin': 'some bytes' } });

describe('wan serve', () => {
  it('serves until it is told to stop, and ends with 0', async () => {
    const world = await fixture();
    const { url, ended, kill, lines } = await serving(world, ['--json']);
    expect((await jsonOf<{ models: { id: string }[] }>(`${url}/v1/models`)).models[0]?.id).toBe(MODEL);
    expect((await jsonOf<{ openapi: string }>(`${url}/openapi.json`)).openapi).toBe('3.1.0');
    expect((await fetch(`${url}/v1/models/${MODEL}`, { method: 'DELETE' })).status).toBe(401);
    kill('SIGTERM');
    const ran = await ended;
    expect([ran.code, ran.signal]).toEqual([0, null]);
    expect(documentOf(ran.stdout)).toMatchObject({
      ok: true,
      data: { url, checked: false, anonymous: 'read', model_count: 1 },
    });
    expect(lines().map(({ event }) => event)).toEqual(['http.listening', 'http.stopping']);
  });

  it('lets a request under way end with what it was told, and a second signal does not wait', async () => {
    const world = await modelFixture({ files: { 'a.bin': seeded(3_000_000, 1) }, env: { WAN_API_ANONYMOUS: 'write' } });
    await (await world.orchestrator()).ensure(MODEL);
    const slow = {
      method: 'POST',
      body: '{"limit_rate_bytes_per_second":100000,"deep":true}',
      headers: { 'content-type': 'application/json' },
    };
    const first = await serving(world);
    const asked = fetch(`${first.url}/models/${MODEL}/verify`, slow);
    await vi.waitFor(async () => expect((await jsonOf<{ state: string }>(`${first.url}/models/${MODEL}/status`)).state).toBe('VERIFYING'), {
      timeout: 10_000,
    });
    first.kill('SIGINT');
    const answer = await asked;
    expect([answer.status, ((await answer.json()) as { reason: string }).reason]).toEqual([503, 'stopping']);
    expect((await first.ended).code).toBe(0);
    const second = await serving(world);
    second.kill('SIGTERM');
    second.kill('SIGTERM');
    const { code, signal } = await second.ended;
    expect([0, 143, 'SIGTERM']).toContain(signal ?? code);
  });

  it('says with --check what it would do, and does nothing', async () => {
    const world = await fixture();
    const good = await world.cli(['serve', '--check', '--port', '0', '--json']);
    expect(documentOf(good.stdout)).toMatchObject({
      ok: true,
      data: { checked: true, manifest: world.manifestPath },
    });
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    for (const check of [['--check'], []]) {
      const ran = await world.cli(['serve', ...check, '--port', String(port), '--json']);
      expect([ran.code, ran.json().error.reason]).toEqual([2, 'port_taken']);
    }
  });

  it('listens for others only once there is a token, and then asks for it', async () => {
    const world = await fixture();
    const refused = await world.cli(['serve', '--host', '0.0.0.0', '--port', '0', '--json']);
    expect([refused.code, refused.json().error.reason]).toEqual([2, 'api_token_missing']);
    const { data } = (await world.cli(['auth', 'token', 'create', 'gateway', '--json'])).json();
    const { url } = await serving(world, ['--host', '0.0.0.0']);
    const local = url.replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${local}/v1/models`)).status).toBe(401);
    expect((await fetch(`${local}/v1/models`, { headers: { authorization: `Bearer ${data.token}` } })).status).toBe(200);
  });

  it('is refused a manifest that is none, before it listens', async () => {
    const world = await fixture();
    const ran = await world.cli(['serve', '--port', '0', '--manifest', 'nowhere.toml', '--json']);
    expect([ran.code, ran.json().error.code]).toEqual([2, 'MISSING_MANIFEST']);
  });
});

describe('wan auth token', () => {
  it('makes one that is shown once, lists it without its secret, and takes it back', async () => {
    const world = await fixture();
    const made = await world.cli(['auth', 'token', 'create', 'gateway', '--scope', 'write', '--expires', '90d', '--json']);
    const { data } = documentOf<{ token: string; id: string }>(made.stdout);
    expect(data.token).toMatch(/^wan_[a-z2-9]{12}_[\w-]{43}$/);
    const folder = join(world.directory, '.config', 'wan', 'api-tokens');
    const [file = ''] = readdirSync(folder);
    expect([statSync(folder).mode & 0o777, statSync(join(folder, file)).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(readFileSync(join(folder, file), 'utf8')).not.toContain(data.token.slice(-43));
    const listed = await world.cli(['auth', 'token', 'list', '--json']);
    expect(listed.stdout).not.toContain(data.token.slice(-43));
    expect(listed.json().data).toMatchObject({ tokens: [{ id: data.id, name: 'gateway', scope: 'write', is_expired: false }], broken: [] });
    expect((await world.cli(['auth', 'token', 'create', 'gateway', '--json'])).json().error.reason).toBe('token_name_taken');
    expect((await world.cli(['auth', 'token', 'revoke', data.token])).code).toBe(0);
    expect((await world.cli(['auth', 'token', 'list'])).stdout).toContain('no tokens');
  });

  it('repeats nothing that may be a secret', async () => {
    const world = await fixture();
    const secret = `wan_aaaaaaaaaaaa_${'s'.repeat(43)}`;
    for (const args of [['revoke', secret], [secret], ['revoke', 'hf_secretsecret']]) {
      const ran = await world.cli(['auth', 'token', ...args]);
      expect(ran.code).toBe(2);
      expect(ran.stdout + ran.stderr).not.toMatch(/sss|secretsecret/);
    }
  });
});
