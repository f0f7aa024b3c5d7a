import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { documentOf } from '../support/document.ts';
import { flipBit } from '../support/flip-bit.ts';
import { MODEL, modelFixture, textOf } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { READS, refused } from '../support/refused.ts';

const MIB = 1024 * 1024;
const OTHER = 'i2v-tiny@2.2.0';

async function published(sizeBytes = 300_000) {
  const content = seeded(sizeBytes, 1);
  const world = await modelFixture({ files: { 'a.json': '{}', 'w.bin': content }, sources: ['http'] });
  const orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  await orchestrator.verifyIntegrity(MODEL);
  world.server().requests.length = 0;
  const digest = sha256Hex(content);
  const blob = join(world.modelsRoot, '.blobs', 'sha256', digest.slice(0, 2), digest);
  const path = join(world.modelDir(), 'w.bin');
  const lost = { paths: [blob, path], rule: `${READS}:error=EIO` };
  const marks = (): string[] => {
    const folder = join(world.modelsRoot, '.state', 'corrupt');
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  return { world, orchestrator, content, digest, path, blob, lost, marks, root: world.modelsRoot };
}

describeWithReal('a volume that is full', {
  needs: ['strace'],
  suite: () => {
    it('does not keep verify from telling what it found, nor that status will not show it', async () => {
      const { world, digest, blob, root } = await published();
      flipBit(blob, 5);
      const full = { paths: [join(root, '.state', 'corrupt')], rule: 'mkdir:error=ENOSPC' };
      const ran = await refused(world, ['models', 'verify', MODEL, '--json'], full);
      expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 5, stderr: expect.stringContaining('status will not show this') });
      const files = [{ ok: true }, { path: 'w.bin', ok: false, fault: 'digest', expected: digest }];
      expect(documentOf(ran.stdout)).toMatchObject({ data: { results: [{ files }] } });
    });
  },
});

describeWithReal('sectors that cannot be read', {
  needs: ['strace'],
  suite: () => {
    it.each([300_000, 17 * MIB])(
      'are a fault of their file, of %d bytes: verify reads the others, names it and marks it',
      async (sizeBytes) => {
        const { world, orchestrator, digest, lost, marks } = await published(sizeBytes);
        const ran = await refused(world, ['models', 'verify', MODEL, '--json'], lost);
        expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 5 });
        const files = [
          { path: 'a.json', ok: true },
          { path: 'w.bin', ok: false, fault: 'digest', found: 'unreadable (EIO)' },
        ];
        expect(documentOf(ran.stdout)).toMatchObject({ data: { results: [{ files }] } });
        expect(marks()).toEqual([digest]);
        expect((await orchestrator.status(MODEL)).state).toBe('CORRUPT');
      },
    );

    it('are mended by repair, from a source', async () => {
      const { world, orchestrator, content, path, lost, root } = await published();
      const ran = await refused(world, ['models', 'repair', MODEL, '--json'], lost);
      expect({ code: ran.code, stdout: ran.stdout }).toMatchObject({ code: 0 });
      expect(readFileSync(path).equals(textOf(content))).toBe(true);
      expect(world.server().sentBytes()).toBeGreaterThanOrEqual(content.sizeBytes);
      expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
      expect(await checkInvariants(root)).toEqual([]);
    });

    it('in some places of a large file, whose pieces are on record, are mended by repair', async () => {
      const { world, orchestrator, content, path, blob, root } = await published(40 * MIB);
      const ran = await refused(world, ['models', 'repair', MODEL, '--json'], { paths: [blob, path], rule: `${READS}:error=EIO:when=20+` });
      expect({ code: ran.code, stdout: ran.stdout }).toMatchObject({ code: 0 });
      expect(readFileSync(path).equals(textOf(content))).toBe(true);
      expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
      expect(await checkInvariants(root)).toEqual([]);
    });

    it('of a blob without a proof stop no ensure', async () => {
      const { world, orchestrator, content, path, lost, root } = await published();
      rmSync(join(root, '.state', 'ledger'), { recursive: true });
      rmSync(world.modelDir(), { recursive: true });
      const ran = await refused(world, ['models', 'ensure', MODEL, '--json'], { ...lost, paths: [lost.paths[0] ?? ''] });
      expect({ code: ran.code, stdout: ran.stdout }).toMatchObject({ code: 0 });
      expect(readFileSync(path).equals(textOf(content))).toBe(true);
      expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
      expect(await checkInvariants(root)).toEqual([]);
    });

    it.each([
      ['EIO', 'openat'],
      ['ESTALE', 'openat'],
      ['ESTALE', READS],
    ])('of a copy that might have helped (%s of %s) are told, and the rest comes from a source', async (errno, calls) => {
      const content = seeded(40 * MIB, 2);
      const files = { 'w.bin': content };
      const world = await modelFixture({ models: { [MODEL]: { files, sources: ['http'] }, [OTHER]: { files, sources: ['http'] } } });
      const orchestrator = await world.orchestrator();
      await orchestrator.ensure(OTHER);
      await orchestrator.verifyIntegrity(OTHER);
      const copy = join(world.modelDir(OTHER), 'w.bin');
      copyFileSync(copy, `${copy}.new`);
      renameSync(`${copy}.new`, copy);
      flipBit(join(world.modelsRoot, '.blobs', 'sha256', sha256Hex(content).slice(0, 2), sha256Hex(content)), 20 * MIB);
      world.server().requests.length = 0;
      const ran = await refused(world, ['models', 'ensure', MODEL, '--json'], { paths: [copy], rule: `${calls}:error=${errno}` });
      expect({ code: ran.code, stderr: ran.stderr }).toEqual({
        code: 0,
        stderr: expect.stringContaining(`a copy here failed: w.bin FILESYSTEM_ERROR cannot read ${copy}`),
      });
      // A piece, and what comes twice where a connection is relieved by another one.
      expect(fetchedBytes(ran.stdout)).toBeLessThan(20 * MIB);
      expect(readFileSync(join(world.modelDir(), 'w.bin')).equals(textOf(content))).toBe(true);
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    });

    it('of a file on record are marked by rebuild, too', async () => {
      const { world, digest, path, lost, marks } = await published();
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
      const ran = await refused(world, ['models', 'rebuild', '--json'], { ...lost, paths: [path] });
      expect(ran.code).toBe(5);
      expect(documentOf(ran.stdout)).toMatchObject({ data: { snapshots: [{ bad_files: ['w.bin'] }] } });
      expect(marks()).toEqual([digest]);
    });

    it.each(['EIO', 'EUCLEAN', 'EBADMSG'])('are found by scrub, and their blob is marked (%s)', async (errno) => {
      const { world, digest, lost, marks } = await published();
      const ran = await refused(world, ['models', 'scrub', '--json'], { ...lost, rule: `${READS}:error=${errno}` });
      expect(ran.code).toBe(5);
      expect(documentOf(ran.stdout)).toMatchObject({ data: { right_count: 1, corrupt: [{ digest, found: `unreadable (${errno})` }] } });
      expect(marks()).toEqual([digest]);
    });

    it.each([
      ['scrub', 'EMFILE'],
      ['scrub', 'ENOMEM'],
      ['rebuild', 'EACCES'],
      ['rebuild', 'ESTALE'],
      ['verify', 'ENFILE'],
    ])('are not what %s takes %s for: no good blob is marked, and the error is told', async (verb, errno) => {
      const { world, orchestrator, lost, marks, root } = await published();
      if (verb === 'rebuild') rmSync(join(root, '.state', 'ledger'), { recursive: true });
      const args = ['models', verb, ...(verb === 'verify' ? [MODEL] : []), '--json'];
      const ran = await refused(world, args, { ...lost, rule: `openat:error=${errno}` });
      expect(ran.code).toBe(9);
      expect(documentOf(ran.stdout)).toMatchObject({ ok: false, error: { details: { errno } } });
      expect(marks()).toEqual([]);
      if (verb === 'rebuild') await orchestrator.rebuild();
      expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    });
  },
});

const fetchedBytes = (stdout: string): number =>
  (JSON.parse(stdout) as { readonly data: { readonly results: readonly [{ readonly fetched_bytes: number }] } }).data.results[0]
    .fetched_bytes;
