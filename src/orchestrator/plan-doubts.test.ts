import { chmodSync, copyFileSync, linkSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { census } from '../../test/support/census.ts';
import { flipBit } from '../../test/support/flip-bit.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';

const SIZE = 600_000;
const CONTENT = seeded(SIZE, 1);

async function published() {
  const world = await modelFixture({ files: { 'a.json': '{}', 'w.bin': CONTENT, 'twin.bin': CONTENT }, sources: ['http'] });
  const orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  const digest = sha256Hex(CONTENT);
  const path = join(world.modelDir(), 'w.bin');
  const blob = join(world.modelsRoot, '.blobs', 'sha256', digest.slice(0, 2), digest);
  const planned = async () => {
    const before = census(world.modelsRoot);
    const { files, fetchBytes, verifyBytes, mayFetchBytes } = await orchestrator.plan(MODEL);
    expect(census(world.modelsRoot)).toEqual(before);
    return { action: files.find((file) => file.path === 'w.bin')?.action, fetchBytes, verifyBytes, mayFetchBytes };
  };
  return { world, orchestrator, path, blob, planned };
}

describe('a plan of what is here and not proven', () => {
  it('is to read nothing where all is proven', async () => {
    const { planned } = await published();
    expect(await planned()).toEqual({ action: 'keep', fetchBytes: 0, verifyBytes: 0, mayFetchBytes: 0 });
  });

  it('that was found wrong is to read it once more, and to fetch it: so much is fetched', async () => {
    const { world, orchestrator, blob, planned } = await published();
    flipBit(blob, 5);
    await orchestrator.verifyIntegrity(MODEL);
    expect((await orchestrator.status(MODEL)).state).toBe('CORRUPT');
    expect(await planned()).toEqual({ action: 'fetch', fetchBytes: SIZE, verifyBytes: SIZE, mayFetchBytes: 0 });
    const { stdout } = await world.cli(['models', 'plan', MODEL]);
    expect(stdout).toMatch(/w\.bin +verify, fetch \(digest\) +586 KiB/);
    expect((await orchestrator.ensureDetailed(MODEL)).fetchedBytes).toBe(SIZE);
    expect(await planned()).toMatchObject({ action: 'keep', verifyBytes: 0 });
  });

  it('whose proof is lost is to read it, and the ensure then fetches nothing', async () => {
    const { world, orchestrator, planned } = await published();
    rmSync(join(world.modelsRoot, '.state', 'ledger'), { recursive: true });
    rmSync(world.modelDir(), { recursive: true });
    expect(await planned()).toEqual({ action: 'link', fetchBytes: 0, verifyBytes: SIZE + 2, mayFetchBytes: SIZE + 2 });
    const { stdout } = await world.cli(['models', 'plan', MODEL]);
    expect(stdout).toMatch(/w\.bin +verify, link +586 KiB +up to 586 KiB/);
    expect(stdout).toMatch(/to verify +586 KiB here that nothing on record proves: up to 586 KiB more to fetch, where they are wrong/);
    expect((await orchestrator.ensureDetailed(MODEL)).fetchedBytes).toBe(0);
  });

  it('that has one more name is kept, and to be read once', async () => {
    const { orchestrator, world, path, planned } = await published();
    linkSync(path, join(world.directory, 'another name'));
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    expect(await planned()).toEqual({ action: 'keep', fetchBytes: 0, verifyBytes: SIZE, mayFetchBytes: SIZE });
    expect((await orchestrator.ensureDetailed(MODEL)).fetchedBytes).toBe(0);
    expect(await planned()).toMatchObject({ verifyBytes: 0 });
  });

  it('that was copied here, its blob gone, is to be read before it is fetched', async () => {
    const { orchestrator, path, blob, planned } = await published();
    copyFileSync(path, `${path}.new`);
    renameSync(`${path}.new`, path);
    rmSync(join(path, '..', 'twin.bin'));
    rmSync(blob);
    expect(await planned()).toEqual({ action: 'fetch', fetchBytes: SIZE, verifyBytes: SIZE, mayFetchBytes: 0 });
    expect((await orchestrator.ensureDetailed(MODEL)).fetchedBytes).toBe(0);
  });

  it('that has not its size any more is to be fetched, and not to be read', async () => {
    const { orchestrator, blob, planned } = await published();
    chmodSync(blob, 0o644);
    truncateSync(blob, 1000);
    expect(await planned()).toEqual({ action: 'fetch', fetchBytes: SIZE, verifyBytes: 0, mayFetchBytes: 0 });
    expect((await orchestrator.status(MODEL)).bytesNeeded).toBe(SIZE);
    expect((await orchestrator.ensureDetailed(MODEL)).fetchedBytes).toBe(SIZE);
  });

  it('of which all is to be fetched anew is to be read by nobody', async () => {
    const { world, orchestrator } = await published();
    rmSync(join(world.modelsRoot, '.state', 'ledger'), { recursive: true });
    expect(await orchestrator.plan(MODEL, { force: true })).toMatchObject({ fetchBytes: SIZE + 2, verifyBytes: 0, mayFetchBytes: 0 });
  });
});
