/** Exports that go on where another one stopped, by the library. */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { digestOf, MODEL, modelFixture } from '../../../test/support/model-fixture.ts';
import { checkInvariants } from '../../compose.ts';

const [A, B] = [seeded(300_000, 1), seeded(5000, 2)];

async function ensured() {
  const world = await modelFixture({ files: { 'a.bin': A, 'b.bin': B } });
  const orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  const to = join(world.directory, 'out');
  const unfinished = join(`${to}.partial`, '.wan-export');
  mkdirSync(unfinished, { recursive: true });
  const blobOf = (bytes: typeof A): string => {
    const digest = digestOf(bytes);
    return join(world.modelsRoot, '.blobs', 'sha256', digest.slice(0, 2), digest);
  };
  return { world, orchestrator, to, staged: `${to}.partial`, unfinished, blobOf };
}

describe('an export by copies after one by hard links was killed', () => {
  it.each(['copy', 'auto'] as const)('hands out no name of the store, and writes to none (--link %s)', async (link) => {
    const { world, orchestrator, to, staged, unfinished, blobOf } = await ensured();
    linkSync(blobOf(A), join(unfinished, `0.${digestOf(A)}`));
    linkSync(blobOf(B), join(staged, 'b.bin'));
    await orchestrator.export(MODEL, { to, link });
    for (const [bytes, name] of [[A, 'a.bin'] as const, [B, 'b.bin'] as const]) {
      const [blob, copy] = [statSync(blobOf(bytes)), statSync(join(to, name))];
      expect([copy.ino === blob.ino, copy.mode & 0o777, blob.mode & 0o777], name).toEqual([false, 0o644, 0o444]);
      expect(readFileSync(join(to, name)).equals(readFileSync(blobOf(bytes)))).toBe(true);
    }
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('leaves a blob as it is whose link stands where another file must come', async () => {
    const { orchestrator, to, unfinished, blobOf } = await ensured();
    linkSync(blobOf(B), join(unfinished, `0.${digestOf(A)}`));
    await orchestrator.export(MODEL, { to, link: 'copy' });
    expect(statSync(blobOf(B)).size).toBe(5000);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
  });
});

describe('what lies beside the place of an export', () => {
  const inTheWay = { code: 'INVALID_INPUT', reason: 'output_exists' };

  it('and was made by somebody else is neither removed nor written to', async () => {
    const { orchestrator, to, staged } = await ensured();
    rmSync(staged, { recursive: true });
    mkdirSync(staged);
    writeFileSync(join(staged, 'thesis.txt'), 'mine');
    writeFileSync(join(staged, 'b.bin'), 'mine, too');
    await expect(orchestrator.export(MODEL, { to })).rejects.toMatchObject({ ...inTheWay, details: { path: staged } });
    expect(readdirSync(staged).sort()).toEqual(['b.bin', 'thesis.txt']);
    expect(readFileSync(join(staged, 'b.bin'), 'utf8')).toBe('mine, too');
    expect(existsSync(to)).toBe(false);
  });

  it('and is a link to another folder is not followed', async () => {
    const { world, orchestrator, to, staged } = await ensured();
    const elsewhere = join(world.directory, 'elsewhere');
    mkdirSync(join(elsewhere, '.wan-export'), { recursive: true });
    writeFileSync(join(elsewhere, 'thesis.txt'), 'mine');
    rmSync(staged, { recursive: true });
    symlinkSync(elsewhere, staged);
    await expect(orchestrator.export(MODEL, { to })).rejects.toMatchObject(inTheWay);
    expect(readdirSync(elsewhere).sort()).toEqual(['.wan-export', 'thesis.txt']);
  });

  it('and has the name of its lock stays', async () => {
    const { orchestrator, to, staged } = await ensured();
    writeFileSync(`${staged}.lock`, 'mine');
    await expect(orchestrator.export(MODEL, { to })).rejects.toMatchObject(inTheWay);
    expect(readFileSync(`${staged}.lock`, 'utf8')).toBe('mine');
  });

  it('and is the whole model is what an export left that was killed before its last rename', async () => {
    const { orchestrator, to, staged } = await ensured();
    rmSync(staged, { recursive: true });
    await orchestrator.export(MODEL, { to: staged });
    await orchestrator.export(MODEL, { to });
    expect([existsSync(staged), readdirSync(to).sort()]).toEqual([false, ['a.bin', 'b.bin']]);
  });
});
