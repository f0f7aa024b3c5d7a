/** Counters of many processes: each act grows exactly its own, by exactly what happened. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExposition } from '../../src/compose/telemetry.ts';
import { checkInvariants } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { seeded, status, wrongBytesAt } from '../servers/http/fault-server.ts';
import { census } from '../support/census.ts';
import { counted, growth } from '../support/counted.ts';
import { flipBit } from '../support/flip-bit.ts';
import { type FixtureModel, type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { PROMETHEUS_PYTHON, parsedByPrometheus } from '../support/prometheus-client.ts';
import { describeWithReal } from '../support/real-server.ts';
import { describeOnSmallDisk, smallDisk } from '../support/small-disk.ts';
import { storeContextOf } from '../support/test-store.ts';

const MIB = 1024 * 1024;
const SIZE = MIB;
const GOOD = 'good@1.0.0';
const IDS = ['a@1.0.0', 'b@1.0.0', 'c@1.0.0', 'd@1.0.0'];

const model = (seed: number, sizeBytes = SIZE): FixtureModel => ({
  files: { 'w.safetensors': seeded(sizeBytes, seed) },
  sources: ['http'],
  keys: { variants: ['fp16'], default_variant: 'fp16' },
});

const worldOf = (models: Readonly<Record<string, FixtureModel>> = { [GOOD]: model(1) }): Promise<ModelWorld> => modelFixture({ models });

const downloads = (id: string, source: string, state: string): string =>
  `model_downloads_total{model_id="${id}",source="${source}",status="${state}",variant="fp16"}`;
const bytes = (id: string, source: string): string => `model_download_bytes_total{model_id="${id}",source="${source}",variant="fp16"}`;
const durations = (id: string, source: string): string =>
  `model_download_duration_seconds_count{model_id="${id}",source="${source}",variant="fp16"}`;
const errors = (code: string, id: string, source = ''): string =>
  `model_errors_total{error_code="${code}",model_id="${id}",source="${source}"}`;
const bad = (id: string): string => `integrity_failures_total{file_path="w.safetensors",model_id="${id}"}`;
const runs = (trigger: string): string => `garbage_collection_runs_total{trigger_reason="${trigger}"}`;
const reclaimed = (trigger: string): string => `garbage_collection_bytes_reclaimed{trigger_reason="${trigger}"}`;

interface DiskUsage {
  readonly data: { readonly families: readonly { readonly files: number; readonly disk_bytes: number }[] };
}

/** Without the gauges, which say how it is and not what happened. */
const withoutStorage = (grown: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(grown).filter(([name]) => !name.startsWith('model_storage')));

describe('counters grow by what happened, and by nothing else', () => {
  it('a download, and then nothing for a model that is complete', async () => {
    const world = await worldOf();
    const source = world.server().url;
    expect(withoutStorage(await growth(world, () => world.cli(['models', 'ensure', GOOD])))).toEqual({
      [downloads(GOOD, '', 'started')]: 1,
      [downloads(GOOD, source, 'completed')]: 1,
      [bytes(GOOD, source)]: SIZE,
      [durations(GOOD, source)]: 1,
    });
    const before = census(join(world.modelsRoot, '.state', 'metrics'));
    for (const args of [
      ['models', 'ensure', GOOD],
      ['models', 'status'],
      ['models', 'plan', GOOD],
      ['models', 'verify', GOOD],
      ['metrics'],
    ])
      expect((await world.cli(args)).code).toBe(0);
    expect(census(join(world.modelsRoot, '.state', 'metrics'))).toEqual(before);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('a source that fails where the next one goes on', async () => {
    const world = await worldOf({ [GOOD]: { ...model(1), sources: ['http:first', 'http:second'] } });
    const [first, second] = [world.server('http:first'), world.server('http:second')];
    first.fault(`${GOOD}/w.safetensors`, status(404));
    expect(withoutStorage(await growth(world, () => world.cli(['models', 'ensure', GOOD])))).toEqual({
      [downloads(GOOD, '', 'started')]: 1,
      [downloads(GOOD, second.url, 'completed')]: 1,
      [bytes(GOOD, second.url)]: SIZE,
      [durations(GOOD, second.url)]: 1,
      [errors('SOURCE_UNAVAILABLE', GOOD, first.url)]: 1,
    });
  });

  it('an ensure that fails, and one whose only source sends wrong bytes', async () => {
    const world = await worldOf({ [GOOD]: model(1), 'liar@1.0.0': model(2) });
    const source = world.server().url;
    world.server().fault(`${GOOD}/w.safetensors`, status(404));
    expect(withoutStorage(await growth(world, () => world.cli(['models', 'ensure', GOOD])))).toEqual({
      [downloads(GOOD, '', 'started')]: 1,
      [downloads(GOOD, '', 'failed')]: 1,
      [errors('SOURCE_UNAVAILABLE', GOOD, source)]: 1,
      [errors('SOURCE_UNAVAILABLE', GOOD)]: 1,
    });
    world.server().fault('liar@1.0.0/w.safetensors', wrongBytesAt(1000));
    const sentBefore = world.server().sentBytes();
    const grown = withoutStorage(await growth(world, () => world.cli(['models', 'ensure', 'liar@1.0.0'])));
    expect(grown).toEqual({
      [downloads('liar@1.0.0', '', 'started')]: 1,
      [downloads('liar@1.0.0', source, 'failed')]: 1,
      [bytes('liar@1.0.0', source)]: world.server().sentBytes() - sentBefore,
      [bad('liar@1.0.0')]: 1,
      [errors('CHECKSUM_FAIL', 'liar@1.0.0')]: 1,
    });
  });

  it('a lock that is not to be had', async () => {
    const world = await worldOf();
    expect((await world.cli(['models', 'ensure', GOOD])).code).toBe(0);
    const { locks, resolver } = storeContextOf(world.modelsRoot);
    const lease = await locks.acquire(resolver.modelLock('wan22', { modelId: GOOD }), { timeoutMs: 1000, doing: 'test' });
    const grown = await growth(world, () => world.cli(['models', 'rm', GOOD], { WAN_LOCK_TIMEOUT: '0' }));
    await lease.release();
    expect(grown).toEqual({ [errors('LOCK_TIMEOUT', GOOD)]: 1, [`lock_timeouts_total{model_id="${GOOD}"}`]: 1 });
  });

  it('a verification and a scrub that find rot, and the repair', async () => {
    const world = await worldOf();
    const source = world.server().url;
    expect((await world.cli(['models', 'ensure', GOOD])).code).toBe(0);
    flipBit(join(world.modelDir(GOOD), 'w.safetensors'), 4711);
    expect(await growth(world, () => world.cli(['models', 'verify', GOOD]))).toEqual({ [bad(GOOD)]: 1 });
    expect(await growth(world, () => world.cli(['models', 'scrub']))).toEqual({ [bad(GOOD)]: 1 });
    const before = census(world.modelsRoot);
    expect((await world.cli(['models', 'repair', GOOD, '--dry-run'])).code).toBe(10);
    expect(census(world.modelsRoot), 'a dry run counts nothing').toEqual(before);
    const repaired = withoutStorage(await growth(world, () => world.cli(['models', 'repair', GOOD])));
    expect(repaired).toEqual({
      [bad(GOOD)]: 1,
      [downloads(GOOD, '', 'started')]: 1,
      [downloads(GOOD, source, 'completed')]: 1,
      [bytes(GOOD, source)]: SIZE,
      [durations(GOOD, source)]: 1,
    });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('collections by hand, by a timetable and by a quota', async () => {
    const world = await worldOf({ [GOOD]: model(1, 3 * MIB), 'new@1.0.0': model(2, 3 * MIB) });
    expect((await world.cli(['models', 'ensure', GOOD])).code).toBe(0);
    expect(await growth(world, () => world.cli(['models', 'gc', '-y']))).toEqual({ [runs('manual')]: 1 });
    await using orchestrator = await world.orchestrator();
    expect(await growth(world, () => orchestrator.gc({ trigger: 'schedule' }))).toEqual({ [runs('schedule')]: 1 });
    const then = Date.now() / 1000 - 7200;
    utimesSync(join(world.modelsRoot, '.state', 'access', `wan22@${GOOD}`), then, then);
    const grown = withoutStorage(await growth(world, () => world.cli(['models', 'ensure', 'new@1.0.0'], { WAN_MAX_TOTAL_SIZE: '4M' })));
    expect(grown).toMatchObject({ [runs('quota')]: 1, [reclaimed('quota')]: 3 * MIB });
    expect(existsSync(world.modelDir(GOOD))).toBe(false);
    const removed = await growth(world, () => world.cli(['models', 'gc', '--max-size', '1', '--purge', '-y']));
    expect(removed).toMatchObject({ [runs('manual')]: 1, [reclaimed('manual')]: 3 * MIB });
  });

  it('four processes at once', async () => {
    const world = await worldOf(Object.fromEntries(IDS.map((id, index) => [id, model(index)])));
    const source = world.server().url;
    const all = () => Promise.all([...IDS, ...IDS].map((id) => world.cli(['models', 'ensure', id])));
    const grown = withoutStorage(await growth(world, all));
    expect(grown).toEqual(
      Object.fromEntries(
        IDS.flatMap((id) => [
          [downloads(id, '', 'started'), 1],
          [downloads(id, source, 'completed'), 1],
          [bytes(id, source), SIZE],
          [durations(id, source), 1],
        ]),
      ),
    );
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('with enable_metrics = false nothing is counted', async () => {
    const world = await modelFixture({ models: { [GOOD]: model(1) }, env: { WAN_ENABLE_METRICS: 'false' } });
    expect((await world.cli(['models', 'ensure', GOOD])).code).toBe(0);
    expect(existsSync(join(world.modelsRoot, '.state', 'metrics'))).toBe(false);
  });

  it('a long call that is killed loses what it had not written yet, and no more', async () => {
    const world = await worldOf({ [GOOD]: model(1, 8 * MIB) });
    world.server().bytesPerSecond = 700_000;
    const run = world.start(['models', 'ensure', GOOD]);
    const directory = join(world.modelsRoot, '.state', 'metrics');
    while (!existsSync(directory) || readdirSync(directory).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    run.child.kill('SIGKILL');
    await run.ended;
    const found = await counted(world);
    expect(found.get(downloads(GOOD, '', 'started'))).toBe(1);
    expect(found.get(bytes(GOOD, world.server().url)) ?? 0).toBeLessThanOrEqual(world.server().sentBytes());
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describeOnSmallDisk('a collection for a volume that is too small', () => {
  it('is counted as such', async () => {
    const root = await smallDisk(8 * MIB);
    const world = await modelFixture({ models: { [GOOD]: model(1, 5 * MIB), 'new@1.0.0': model(2, 5 * MIB) }, root });
    expect((await world.cli(['models', 'ensure', GOOD])).code).toBe(0);
    const then = Date.now() / 1000 - 7200;
    utimesSync(join(world.modelsRoot, '.state', 'access', `wan22@${GOOD}`), then, then);
    const grown = withoutStorage(await growth(world, () => world.cli(['models', 'ensure', 'new@1.0.0'])));
    expect(grown).toMatchObject({ [runs('low_disk')]: 1, [reclaimed('low_disk')]: 5 * MIB });
  });
});

describe('wan metrics --textfile', () => {
  it('replaces a file as a whole, readable for others, and leaves nothing beside it', async () => {
    const world = await worldOf();
    const place = join(world.directory, 'textfile');
    mkdirSync(place);
    writeFileSync(join(place, 'wan.prom'), 'old', { mode: 0o600 });
    expect((await world.cli(['models', 'ensure', GOOD])).code).toBe(0);
    const ran = await world.cli(['metrics', '--textfile', 'textfile/wan.prom']);
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, '', '']);
    expect(readdirSync(place)).toEqual(['wan.prom']);
    expect(statSync(join(place, 'wan.prom')).mode & 0o777).toBe(0o644);
    expect(readFileSync(join(place, 'wan.prom'), 'utf8')).toBe((await world.cli(['metrics'])).stdout);
  });

  it('says where it cannot write', async () => {
    const world = await worldOf();
    const ran = await world.cli(['metrics', '--textfile', 'nowhere/wan.prom', '--json']);
    expect([ran.code, ran.json().error.code]).toEqual([9, 'FILESYSTEM_ERROR']);
  });
});

describeWithReal("prometheus's own parser", {
  needs: [PROMETHEUS_PYTHON],
  suite: () => {
    it('reads what the command prints, and finds what it counted', async () => {
      const world = await worldOf({ [GOOD]: model(1), 'odd.Name_x-1@1.0.0+build.5': model(2) });
      expect((await world.cli(['models', 'ensure', '--all'])).code).toBe(0);
      world.server().fault(`${GOOD}/w.safetensors`, status(403));
      await world.cli(['models', 'ensure', GOOD, '--force']);
      const parsed = parsedByPrometheus((await world.cli(['metrics'])).stdout);
      for (const [name, value] of await counted(world)) expect(parsed.get(name), name).toBe(value);
      const [family] = (await world.cli(['models', 'du', '--json'])).json<DiskUsage>().data.families;
      expect(parsed.get('model_storage_files_total{model_family="wan22"}')).toBe(family?.files);
      expect(parsed.get('model_storage_bytes_used{model_family="wan22"}')).toBe(family?.disk_bytes);
      const buckets = [...parsed].filter(([name]) => name.startsWith('model_download_duration_seconds_bucket') && name.includes(GOOD));
      expect(buckets).toHaveLength(12);
      expect(buckets.find(([name]) => name.includes('+Inf'))?.[1]).toBe(1);
    });

    it('reads what a service answers /metrics with: the same, and the process itself', async () => {
      const world = await worldOf();
      expect((await world.cli(['models', 'ensure', GOOD])).code).toBe(0);
      const exposition = await createExposition(await loadConfig({ env: world.env, cwd: world.directory }));
      expect(exposition.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
      const before = census(world.modelsRoot);
      const [first, second] = [parsedByPrometheus(await exposition.text()), parsedByPrometheus(await exposition.text())];
      expect(census(world.modelsRoot)).toEqual(before);
      expect(first.get(downloads(GOOD, world.server().url, 'completed'))).toBe(1);
      expect(second.get('process_resident_memory_bytes')).toBeGreaterThan(10 * MIB);
      expect([...second.keys()].some((name) => name.startsWith('nodejs_eventloop_lag'))).toBe(true);
    });
  },
});
