/** The audit log as the command keeps it: one line for each act, and what becomes of it where it cannot be written. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import type { AuditLine } from '../../src/domain/audit.ts';
import { seeded, status } from '../servers/http/fault-server.ts';
import { documentOf } from '../support/document.ts';
import { flipBit } from '../support/flip-bit.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';

const MIB = 1024 * 1024;
const files = { 'w.safetensors': seeded(MIB, 1) };

async function linesOf(world: ModelWorld, env: Readonly<Record<string, string>> = {}): Promise<readonly AuditLine[]> {
  const ran = await world.cli(['audit', 'tail', '-n', '1000', '--json'], env);
  expect(ran.code, ran.stderr).toBe(0);
  documentOf(ran.stdout);
  return ran.json<{ data: { lines: readonly AuditLine[] } }>().data.lines;
}

/** What the run of each of these puts on record. */
async function recordedBy(world: ModelWorld, ...runs: readonly (readonly string[])[]): Promise<readonly string[]> {
  const before = (await linesOf(world)).length;
  for (const args of runs) await world.cli(args);
  return (await linesOf(world)).slice(before).map(({ act, outcome }) => `${act} ${outcome}`);
}

describe('the audit log', () => {
  it('has one line for each act that changes or removes something, with who, when, what and the outcome', async () => {
    const world = await modelFixture({ files });
    expect(await recordedBy(world, ['models', 'ensure', MODEL], ['models', 'ensure', MODEL])).toEqual(['ensure ok']);
    const [line] = await linesOf(world);
    expect(line).toMatchObject({
      seq: 1,
      act: 'ensure',
      reference: MODEL,
      outcome: 'ok',
      actor: { via: 'cli', pid: expect.any(Number), user: expect.stringMatching(/./), host: expect.stringMatching(/./) },
      facts: { published: true, fetched_bytes: MIB, fetched_files: 1, proof: 'manifest-sha256' },
    });
    expect(line?.correlation_id).toMatch(/^[0-9a-f-]{36}$/);
    const bundle = ['models', 'bundle', 'create', MODEL, '--out', 'all.wan'];
    expect(
      await recordedBy(
        world,
        ['models', 'pin', MODEL, '--reason', 'a demo'],
        ['models', 'rm', MODEL],
        ['models', 'unpin', MODEL],
        ['models', 'unpin', MODEL],
        ['models', 'export', MODEL, 'out'],
        bundle,
        ['models', 'bundle', 'apply', 'all.wan'],
        ['models', 'lock', '--offline'],
        ['models', 'gc', '-y'],
        ['models', 'rm', MODEL],
        ['models', 'remove', MODEL],
      ),
    ).toEqual([
      'pin ok',
      'rm CONCURRENT_MODIFICATION',
      'unpin ok',
      'export ok',
      'bundle.create ok',
      'bundle.apply ok',
      'lock ok',
      'gc ok',
      'rm ok',
      'remove ok',
    ]);
    expect((await world.cli(['audit', 'verify'])).code).toBe(0);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('has the correlation id of the log of the same command', async () => {
    const world = await modelFixture({ files });
    const ran = await world.cli(['models', 'ensure', MODEL, '--log-format', 'json', '--progress', 'none']);
    const ids = new Set(
      ran.stderr
        .trimEnd()
        .split('\n')
        .map((text) => (JSON.parse(text) as { correlation_id: string }).correlation_id),
    );
    expect([...ids]).toEqual([(await linesOf(world))[0]?.correlation_id]);
  });

  it('has a line for a repair, and none for what only looks', async () => {
    const world = await modelFixture({ files });
    await world.cli(['models', 'ensure', MODEL]);
    const looks = [['status'], ['list'], ['plan', MODEL], ['verify', MODEL], ['du'], ['gc', '--dry-run'], ['repair', MODEL, '--dry-run']];
    expect(await recordedBy(world, ...looks.map((args) => ['models', ...args]))).toEqual([]);
    flipBit(join(world.modelDir(), 'w.safetensors'), 99);
    expect(await recordedBy(world, ['models', 'repair', MODEL])).toEqual(['ensure ok', 'repair ok']);
  });

  it('names each collection with what made it run, also one inside of an ensure, with its correlation id', async () => {
    const world = await modelFixture({
      models: { [MODEL]: { files }, 'new@1.0.0': { files: { 'x.bin': seeded(MIB, 2) } } },
      env: { WAN_GC_GRACE: '0' },
    });
    await world.cli(['models', 'ensure', MODEL]);
    await world.cli(['models', 'ensure', 'new@1.0.0'], { WAN_MAX_TOTAL_SIZE: '1500K' });
    const [, gc, ensure] = await linesOf(world);
    expect(gc).toMatchObject({ act: 'gc', facts: { trigger: 'quota', removed: 1, reclaimed_bytes: MIB } });
    expect(ensure).toMatchObject({ act: 'ensure', reference: 'new@1.0.0', correlation_id: gc?.correlation_id });
  });

  it('tells on whose behalf a program acts', async () => {
    const world = await modelFixture({ files });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL, { actor: { via: 'http', name: 'token ci' }, correlationId: 'req-17' });
    await orchestrator.remove(MODEL);
    const lines = await linesOf(world);
    expect(lines[0]).toMatchObject({ actor: { via: 'http', name: 'token ci' }, correlation_id: 'req-17' });
    expect(lines[1]).toMatchObject({ act: 'rm', actor: { via: 'library' } });
  });

  it('has a login and a logout, and no secret', async () => {
    const world = await modelFixture({ files, env: { WAN_KEYRING: 'off' } });
    await world.cli(['models', 'ensure', MODEL]);
    const token = 'hf_AbCdEfGhIjKlMnOpQrStUvWxYz01234567';
    writeFileSync(join(world.directory, 'token'), token);
    const { spawnSync } = await import('node:child_process');
    const wan = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');
    const login = spawnSync(process.execPath, [wan, 'auth', 'login', 'hf', '--token-stdin', '--no-check'], {
      cwd: world.directory,
      env: world.env,
      input: `${token}\n`,
      encoding: 'utf8',
    });
    expect(login.status, login.stderr).toBe(0);
    expect((await world.cli(['auth', 'logout', 'hf'])).code).toBe(0);
    const lines = (await linesOf(world)).slice(1);
    expect(lines.map(({ act, facts }) => [act, facts.service])).toEqual([
      ['auth.login', 'hf'],
      ['auth.logout', 'hf'],
    ]);
    const directory = join(world.modelsRoot, '.state', 'audit');
    const all = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    expect(all.join('')).not.toContain(token.slice(3, 20));
  });

  it('makes no store for a login where there is none', async () => {
    const world = await modelFixture({ files, env: { WAN_KEYRING: 'off' } });
    expect((await world.cli(['auth', 'logout', 'hf'])).code).toBe(0);
    expect(existsSync(world.modelsRoot)).toBe(false);
  });

  it('lies where audit_log says, and nowhere when that is off', async () => {
    const place = { WAN_AUDIT_LOG: 'somewhere/else' };
    const world = await modelFixture({ files });
    await world.cli(['models', 'ensure', MODEL], { WAN_AUDIT_LOG: 'off' });
    expect(existsSync(join(world.modelsRoot, '.state', 'audit'))).toBe(false);
    await world.cli(['models', 'rm', MODEL], place);
    expect((await linesOf(world, place)).map(({ act }) => act)).toEqual(['rm']);
    expect(existsSync(join(world.modelsRoot, '.state', 'audit'))).toBe(false);
    expect(existsSync(join(world.directory, 'somewhere', 'else', 'head.json'))).toBe(true);
    const ran = await world.cli(['audit', 'tail', '--json'], { WAN_AUDIT_LOG: 'off' });
    expect([ran.code, ran.json().error.reason]).toEqual([2, 'audit_log_off']);
  });

  it('that cannot be written stops nothing, and the command says so', async () => {
    const world = await modelFixture({ files });
    writeFileSync(join(world.directory, 'file'), 'in the way');
    const ran = await world.cli(['models', 'ensure', MODEL], { WAN_AUDIT_LOG: 'file/audit' });
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('warning: not in the audit log: ensure:');
  });

  it('is read by whoever may only read', async () => {
    const world = await modelFixture({ files });
    await world.cli(['models', 'ensure', MODEL]);
    const before = readdirSync(world.modelsRoot, { recursive: true });
    chmodSync(join(world.modelsRoot, '.state', 'audit'), 0o555);
    for (const verb of ['tail', 'show', 'verify']) expect((await world.cli(['audit', verb])).code).toBe(0);
    chmodSync(join(world.modelsRoot, '.state', 'audit'), 0o755);
    expect(readdirSync(world.modelsRoot, { recursive: true })).toEqual(before);
  });
});

describe('wan audit', () => {
  it('show filters by verb, model, person, time and outcome', async () => {
    const world = await modelFixture({ models: { [MODEL]: { files }, 'bad@1.0.0': { files, sources: ['http'] } } });
    world.server().fault('bad@1.0.0/w.safetensors', status(404));
    for (const args of [
      ['ensure', MODEL],
      ['pin', MODEL],
      ['rm', MODEL],
      ['unpin', MODEL],
    ])
      await world.cli(['models', ...args]);
    const acts = async (...options: readonly string[]) =>
      (await world.cli(['audit', 'show', '--json', ...options]))
        .json<{ data: { lines: readonly AuditLine[] } }>()
        .data.lines.map(({ act }) => act);
    expect(await acts()).toEqual(['ensure', 'pin', 'rm', 'unpin']);
    expect(await acts('--act', 'pin,unpin')).toEqual(['pin', 'unpin']);
    expect(await acts('--failed')).toEqual(['rm']);
    expect(await acts('--model', 'bad@1.0.0')).toEqual([]);
    expect(await acts('--model', MODEL, '--since', '1h')).toHaveLength(4);
    expect(await acts('--user', 'nobody-of-that-name')).toEqual([]);
  });

  it('verify ends with 5 and names the line that somebody changed', async () => {
    const world = await modelFixture({ files });
    for (const args of [
      ['ensure', MODEL],
      ['pin', MODEL],
      ['unpin', MODEL],
    ])
      await world.cli(['models', ...args]);
    const good = (await world.cli(['audit', 'verify', '--json'])).json<{ data: { head: { seq: number; hash: string } } }>().data.head;
    const file = join(world.modelsRoot, '.state', 'audit', 'audit-000001.jsonl');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"act":"pin"', '"act":"rm"'));
    const ran = await world.cli(['audit', 'verify', '--json']);
    documentOf(ran.stdout);
    expect([ran.code, ran.json().error.reason]).toEqual([5, 'audit_broken']);
    expect(ran.json<{ data: { faults: readonly object[] } }>().data.faults).toMatchObject([{ kind: 'changed', seq: 2, line: 2 }]);
    const human = await world.cli(['audit', 'verify']);
    expect(human.stdout).toContain('audit-000001.jsonl:2: line 2 is not as it was written');
    expect(await checkInvariants(world.modelsRoot)).toMatchObject([{ path: '.state/audit/audit-000001.jsonl' }]);
    writeFileSync(file, text);
    expect((await world.cli(['audit', 'verify', '--mark', `${good.seq}:${good.hash}`])).code).toBe(0);
    expect((await world.cli(['audit', 'verify', '--mark', `9:${good.hash}`])).code).toBe(5);
    expect((await world.cli(['audit', 'verify', '--mark', 'nonsense'])).code).toBe(2);
  });

  it('goes on in another folder when the first one is an archive', async () => {
    const world = await modelFixture({ files });
    for (const args of [
      ['ensure', MODEL],
      ['pin', MODEL],
    ])
      await world.cli(['models', ...args]);
    const directory = join(world.modelsRoot, '.state', 'audit');
    mkdirSync(join(world.directory, 'archive'));
    const [first = ''] = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
    writeFileSync(join(world.directory, 'archive', first), readFileSync(join(directory, first)));
    writeFileSync(join(directory, first), '');
    await world.cli(['models', 'unpin', MODEL]);
    expect((await world.cli(['audit', 'verify'])).code).toBe(5);
    expect((await world.cli(['audit', 'verify', '--from', '3'])).code).toBe(0);
  });
});
