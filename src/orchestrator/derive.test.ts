import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cutAt } from '../../test/servers/http/faults.ts';
import { MODEL, type ModelWorld, modelFixture, textOf } from '../../test/support/model-fixture.ts';
import { readPlain, referenceCast } from '../../test/support/reference-cast.ts';
import { derivedModel, INDEX, shardPath } from '../../test/support/tiny-weights.ts';
import { checkInvariants } from '../compose.ts';
import type { ModelEvent } from '../domain/events.ts';

const BF16 = `${MODEL}@bf16`;
const SHARDS = [1, 2, 3].map((part) => shardPath(part, 3));

async function derivedWorld(model = derivedModel(), env: Readonly<Record<string, string>> = {}) {
  const world = await modelFixture({ ...model, sources: ['http'], env });
  const orchestrator = await world.orchestrator();
  const directory = world.modelDir(BF16);
  const file = (path: string): Buffer => readFileSync(join(directory, path));
  return { world, orchestrator, file, model, server: world.server('http') };
}

const inputOf = (model: ReturnType<typeof derivedModel>, path: string): Buffer => textOf(model.files[path] as never);

async function sound(world: ModelWorld): Promise<void> {
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
}

describe('a derived variant', () => {
  it('has the tensors of the reference conversion, its index their size, and the rest as it is', async () => {
    const { world, orchestrator, file, model } = await derivedWorld();
    const result = await orchestrator.ensureDetailed(BF16);
    expect(result.path).toBe(world.modelDir(BF16));
    let total = 0;
    for (const path of SHARDS) {
      const made = readPlain(file(path));
      expect(made.tensors).toEqual(referenceCast(inputOf(model, path), 'BF16'));
      expect(made.metadata).toMatchObject({
        format: 'pt',
        derived_by: expect.stringMatching(/^wan-cast\/1: bf16 from sha256:[0-9a-f]{64}$/),
      });
      for (const { bytes } of made.tensors.values()) total += bytes.length;
    }
    const index = JSON.parse(inputOf(model, INDEX).toString());
    expect(JSON.parse(file(INDEX).toString())).toEqual({ ...index, metadata: { total_size: total } });
    expect(total).toBe(index.metadata.total_size / 2);
    expect(file('t5.pth')).toEqual(inputOf(model, 't5.pth'));
    expect(existsSync(world.modelDir(MODEL)), 'what it is made from is not published').toBe(false);
    await sound(world);
  });

  it('is made once: found again at once, by status, verify and another process, and its sizes are the real ones', async () => {
    const { world, orchestrator, server, file } = await derivedWorld();
    const first = await orchestrator.ensureDetailed(BF16);
    expect(first.files.filter(({ origin }) => origin === 'derived').map(({ path }) => path)).toEqual([INDEX, ...SHARDS]);
    expect(first.fetchedBytes).toBe(server.sentBytes());
    const total = first.files.reduce((sum, { path }) => sum + file(path).length, 0);
    expect(first.totalBytes).toBe(total);
    expect(await orchestrator.status(BF16)).toMatchObject({
      state: 'COMPLETE',
      totalBytes: total,
      bytesNeeded: 0,
      proof: 'manifest-sha256',
    });
    expect(await orchestrator.verifyIntegrity(BF16)).toMatchObject({ ok: true, bytesRead: total, extraFiles: [] });
    expect(await orchestrator.plan(BF16)).toMatchObject({ fetchBytes: 0, deriveBytes: 0, spaceNeededBytes: 0 });
    server.requests.length = 0;
    const again = await (await world.orchestrator()).ensureDetailed(BF16);
    expect([again.fetchedBytes, again.files.every(({ origin }) => origin === 'present')]).toEqual([0, true]);
    expect(server.requests).toEqual([]);
  });

  it('is the same, bit by bit, on another machine', async () => {
    const [one, two] = [await derivedWorld(), await derivedWorld()];
    await one.orchestrator.ensure(BF16);
    await two.orchestrator.ensure(BF16);
    for (const path of [INDEX, ...SHARDS]) expect(one.file(path).equals(two.file(path)), path).toBe(true);
    const digests = SHARDS.map((path) => createHash('sha256').update(one.file(path)).digest('hex').slice(0, 12));
    expect(digests, 'another one of these needs another version of the deriver').toEqual(['c6fa7eb63ee0', '7638dad3c48f', '0a4528ded037']);
  });

  it('uses what is here of the variant that it is made from, and fetches nothing', async () => {
    const { world, orchestrator, server } = await derivedWorld();
    await orchestrator.ensure(MODEL);
    server.requests.length = 0;
    expect(await orchestrator.plan(BF16)).toMatchObject({ fetchBytes: 0 });
    await orchestrator.ensure(BF16, { offline: true });
    expect(server.requests).toEqual([]);
    await sound(world);
  });

  it('plans the bytes to fetch apart from those to derive', async () => {
    const { orchestrator, model } = await derivedWorld();
    const plan = await orchestrator.plan(BF16);
    const inputBytes = Object.keys(model.files).reduce((sum, path) => sum + inputOf(model, path).length, 0);
    expect(plan.fetchBytes).toBe(inputBytes);
    const halves = SHARDS.reduce((sum, path) => sum + Math.ceil(inputOf(model, path).length / 2), 0);
    expect(plan.deriveBytes).toBe(halves + inputOf(model, INDEX).length);
    expect(plan.spaceNeededBytes).toBe(plan.fetchBytes + plan.deriveBytes);
    expect(plan.files.map(({ action }) => action)).toEqual(['fetch', 'derive', 'derive', 'derive', 'derive', 'fetch']);
  });

  it('tells what it does: a phase with bytes that never go down, and never above the total', async () => {
    const { orchestrator } = await derivedWorld();
    const events: ModelEvent[] = [];
    await orchestrator.ensure(BF16, { onEvent: (event) => events.push(event) });
    const phases = events.flatMap((event) => (event.type === 'ensure.phase' ? [event.phase] : []));
    expect(phases).toEqual(['transferring', 'deriving', 'publishing']);
    const told = events.flatMap((event) => (event.type === 'ensure.progress' ? [event] : []));
    expect(told.every(({ doneBytes }, at) => at === 0 || doneBytes >= (told[at - 1]?.doneBytes ?? 0))).toBe(true);
    expect(told.at(-1)?.doneBytes).toBe(told.at(-1)?.totalBytes);
    expect(events.find(({ type }) => type === 'ensure.planned')).toMatchObject({ deriveBytes: expect.any(Number) });
  });

  it('counts in its index the shards that the index names, and no other weights beside them', async () => {
    const model = derivedModel();
    const stray = { content: inputOf(model, SHARDS[0] ?? ''), keys: { component: 'dit' } };
    const { orchestrator, file } = await derivedWorld({ ...model, files: { ...model.files, 'dit/consolidated.safetensors': stray } });
    await orchestrator.ensure(BF16);
    const index = JSON.parse(inputOf(model, INDEX).toString());
    expect(JSON.parse(file(INDEX).toString()).metadata.total_size).toBe(index.metadata.total_size / 2);
  });

  it('leaves nothing of its inputs behind when it is removed before it was whole', async () => {
    const { world, orchestrator, server } = await derivedWorld();
    server.fault(`${MODEL}/${SHARDS[0]}`, cutAt(1000));
    await expect(orchestrator.ensure(BF16)).rejects.toMatchObject({ code: expect.any(String) });
    await orchestrator.remove(BF16);
    expect(readdirSync(join(world.modelsRoot, '.tmp'))).toEqual([]);
    await sound(world);
  });

  it('that was damaged is made again, from what is here', async () => {
    const { world, orchestrator, server, file } = await derivedWorld();
    await orchestrator.ensure(BF16);
    const good = file(SHARDS[1] as string);
    const path = join(world.modelDir(BF16), SHARDS[1] as string);
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.from(good).fill(7, 1000, 1010));
    chmodSync(path, 0o444);
    expect((await orchestrator.verifyIntegrity(BF16)).ok).toBe(false);
    expect((await orchestrator.status(BF16)).state).toBe('CORRUPT');
    server.requests.length = 0;
    await orchestrator.ensure(BF16);
    expect(server.requests).toEqual([]);
    expect(file(SHARDS[1] as string).equals(good)).toBe(true);
    expect((await orchestrator.verifyIntegrity(BF16)).ok).toBe(true);
    await sound(world);
  });

  it('whose index alone is gone needs no shard to make it again', async () => {
    const { world, orchestrator, server, file } = await derivedWorld();
    await orchestrator.ensure(BF16);
    await orchestrator.remove(MODEL);
    const index = file(INDEX);
    const digest = createHash('sha256').update(index).digest('hex');
    rmSync(join(world.modelDir(BF16), INDEX));
    rmSync(join(world.modelsRoot, '.blobs', 'sha256', digest.slice(0, 2), digest));
    server.requests.length = 0;
    await orchestrator.ensure(BF16);
    expect(server.requests.map(({ path }) => path)).toEqual([expect.stringContaining(INDEX)]);
    expect(file(INDEX).equals(index)).toBe(true);
    await sound(world);
  });

  it('is outdated where the manifest now names another input', async () => {
    const { world, orchestrator, file } = await derivedWorld();
    await orchestrator.ensure(BF16);
    const changed = derivedModel({ seed: 2 });
    await world.write({ [MODEL]: { ...changed, sources: ['http'] } });
    const later = await world.orchestrator();
    expect(await later.status(BF16)).toMatchObject({ state: 'PARTIAL' });
    await later.ensure(BF16);
    expect(readPlain(file(SHARDS[0] as string)).tensors).toEqual(referenceCast(inputOf(changed, SHARDS[0] as string), 'BF16'));
    await sound(world);
  });

  it('goes with what it was made from when it is removed, but for what another variant counts on', async () => {
    const { world, orchestrator, model } = await derivedWorld();
    await orchestrator.ensure(BF16);
    const inputBytes = Object.keys(model.files).reduce((sum, path) => sum + inputOf(model, path).length, 0);
    const removed = await orchestrator.remove(BF16);
    expect(removed.reclaimedBytes).toBeGreaterThan(inputBytes);
    await orchestrator.ensure(MODEL);
    await orchestrator.ensure(`${MODEL}@fp16`);
    await orchestrator.remove(`${MODEL}@fp16`);
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
    await sound(world);
  });

  it('whose inputs the manifest has no digest for is made and found again all the same', async () => {
    const plain = derivedModel();
    const files = Object.fromEntries(
      Object.entries(plain.files).map(([path, file]) => {
        const { content, keys } = file as { content: never; keys?: object };
        return [path, typeof file === 'string' ? { content: file, keys: { sha256: null } } : { content, keys: { ...keys, sha256: null } }];
      }),
    );
    const { world, orchestrator, file } = await derivedWorld({ ...plain, files } as never);
    await orchestrator.ensure(BF16);
    expect(await orchestrator.status(BF16)).toMatchObject({ state: 'COMPLETE', proof: 'size-only' });
    expect(readPlain(file(SHARDS[0] as string)).tensors).toEqual(referenceCast(inputOf(plain, SHARDS[0] as string), 'BF16'));
    await sound(world);
  });

  it('grows: a selection makes what it needs, a wider one the rest', async () => {
    const { orchestrator } = await derivedWorld();
    await orchestrator.ensure(BF16, { include: [SHARDS[0] as string] });
    expect(await orchestrator.status(BF16, { include: [SHARDS[0] as string] })).toMatchObject({ state: 'COMPLETE', fileCount: 1 });
    expect(await orchestrator.status(BF16)).toMatchObject({ state: 'PARTIAL' });
    const rest = await orchestrator.ensureDetailed(BF16);
    expect(rest.files.filter(({ origin }) => origin === 'derived')).toHaveLength(3);
  });

  it('is made anew when that is forced', async () => {
    const { world, orchestrator, server, model } = await derivedWorld();
    await orchestrator.ensure(BF16);
    server.requests.length = 0;
    const result = await orchestrator.ensureDetailed(BF16, { force: true });
    expect(server.sentBytes()).toBe(Object.keys(model.files).reduce((sum, path) => sum + inputOf(model, path).length, 0));
    expect(result.files.filter(({ origin }) => origin === 'derived')).toHaveLength(4);
    await sound(world);
  });
});

describe('what cannot be derived', () => {
  it('is a value beyond fp16: tensor, place and value are told, nothing is published, and bf16 can be made', async () => {
    const model = derivedModel();
    const bytes = inputOf(model, SHARDS[1] as string);
    bytes.writeFloatLE(123_456, bytes.length - 4);
    const files = { ...model.files, [SHARDS[1] as string]: { content: bytes, keys: { component: 'dit', shard_part: 2 } } };
    const { world, orchestrator } = await derivedWorld({ ...model, files });
    await expect(orchestrator.ensure(`${MODEL}@fp16`)).rejects.toMatchObject({
      code: 'FORMAT_INVALID',
      reason: 'float_overflow',
      details: { file: SHARDS[1], tensor: 'blocks.2.scale', index: 0, value: 123_456 },
    });
    expect((await orchestrator.status(`${MODEL}@fp16`)).state).not.toBe('COMPLETE');
    await sound(world);
    await orchestrator.ensure(BF16);
    await sound(world);
  });

  it('is a blob that is written to while it is cast: nothing made of it is published, and the next run mends both', async () => {
    const { world, orchestrator, model } = await derivedWorld();
    const [shard = ''] = SHARDS;
    const digest = createHash('sha256').update(inputOf(model, shard)).digest('hex');
    const blob = join(world.modelsRoot, '.blobs', 'sha256', digest.slice(0, 2), digest);
    let spoilt = false;
    const spoil = (event: ModelEvent): void => {
      // Of the two files of this name that are begun, the input is fetched, and then the output cast from it.
      if (event.type !== 'file.started' || event.file !== shard || spoilt || !existsSync(blob)) return;
      spoilt = true;
      const bytes = readFileSync(blob);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff;
      chmodSync(blob, 0o644);
      writeFileSync(blob, bytes);
    };
    await expect(orchestrator.ensure(BF16, { onEvent: spoil })).rejects.toMatchObject({
      code: 'CONCURRENT_MODIFICATION',
      details: { file: shard, input: digest },
    });
    expect(existsSync(world.modelDir(BF16))).toBe(false);
    await orchestrator.ensure(BF16);
    expect(readPlain(readFileSync(join(world.modelDir(BF16), shard))).tensors).toEqual(referenceCast(inputOf(model, shard), 'BF16'));
    await sound(world);
  });

  it('is a component without safetensors', async () => {
    const model = derivedModel();
    const variant = { bf16: { derive_from: 'fp32', dtype: 'bf16', derive_components: ['text_encoder'] } };
    const { orchestrator } = await derivedWorld({ ...model, keys: { variants: ['fp32', 'bf16'], variant } });
    await expect(orchestrator.ensure(BF16)).rejects.toMatchObject({ code: 'NOT_IMPLEMENTED', reason: 'derivation_format' });
  });

  it('is a file that is no safetensors file, whatever its name', async () => {
    const model = derivedModel();
    const files = { ...model.files, [SHARDS[1] as string]: { content: 'no weights', keys: { component: 'dit' } } };
    const { world, orchestrator } = await derivedWorld({ ...model, files });
    await expect(orchestrator.ensure(BF16)).rejects.toMatchObject({ code: 'FORMAT_INVALID', details: { file: SHARDS[1] } });
    await sound(world);
  });
});
