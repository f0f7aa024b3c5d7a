/** Bytes that somebody laid into the store, and that the disk does not take: from then on the memory has them, and nobody knows what the disk has. */
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { CorruptMarks } from '../../src/store/corrupt-marks.ts';
import { seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { documentOf } from '../support/document.ts';
import { MODEL, modelFixture, textOf } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { refused } from '../support/refused.ts';
import { storeContextOf } from '../support/test-store.ts';

const CONTENT = seeded(300_000, 1);
const DIGEST = sha256Hex(CONTENT);
const FSYNC = 'fsync:error=EIO';

/** A model that is here; of its large file nothing is on record. */
async function unprovenBlob() {
  const world = await modelFixture({ files: { 'a.json': '{}', 'w.bin': CONTENT }, sources: ['http'] });
  const orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  const root = world.modelsRoot;
  const blob = join(root, '.blobs', 'sha256', DIGEST.slice(0, 2), DIGEST);
  const path = join(world.modelDir(), 'w.bin');
  rmSync(join(root, '.state', 'ledger'), { recursive: true });
  world.server().requests.length = 0;
  const marks = (): string[] => [...new CorruptMarks(storeContextOf(root)).all()];
  const checkMended = async (lost: number): Promise<void> => {
    expect(statSync(path).ino, 'written anew').not.toBe(lost);
    expect(readFileSync(path).equals(textOf(CONTENT))).toBe(true);
    expect(marks()).toEqual([]);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    expect(await checkInvariants(root)).toEqual([]);
  };
  return { world, orchestrator, root, blob, path, marks, checkMended };
}

describeWithReal('bytes that the disk does not take', {
  needs: ['strace'],
  suite: () => {
    it.each(['with', 'without'])('of a blob without a proof are written anew, out of what is here, %s leaves', async (leaves) => {
      const { world, orchestrator, root, blob, marks, checkMended } = await unprovenBlob();
      rmSync(world.modelDir(), { recursive: true });
      if (leaves === 'without') rmSync(join(root, '.state', 'pieces'), { recursive: true });
      const { ino } = statSync(blob);
      const ran = await refused(world, ['models', 'ensure', MODEL, '--json'], { paths: [blob], rule: FSYNC });
      expect({ code: ran.code, document: documentOf(ran.stdout) }).toMatchObject({
        code: 9,
        document: { error: { code: 'FILESYSTEM_ERROR', message: expect.stringContaining(`fsync ${blob}`) } },
      });
      expect(marks()).toEqual([DIGEST]);
      await orchestrator.ensure(MODEL, { offline: true });
      await checkMended(ino);
      expect(world.server().requests).toEqual([]);
    });

    it('of a published file whose blob is gone are CORRUPT, and are not believed by the next ensure', async () => {
      const { world, orchestrator, blob, path, checkMended } = await unprovenBlob();
      copyFileSync(path, `${path}.new`);
      renameSync(`${path}.new`, path);
      rmSync(blob);
      const { ino } = statSync(path);
      expect((await refused(world, ['models', 'ensure', MODEL], { paths: [blob], rule: FSYNC })).code).toBe(9);
      expect((await orchestrator.status(MODEL)).state).toBe('CORRUPT');
      await orchestrator.ensure(MODEL);
      await checkMended(ino);
    });

    it('are not proven by a rebuild or a scrub that reads them', async () => {
      const { world, orchestrator, blob, marks, checkMended } = await unprovenBlob();
      const { ino } = statSync(blob);
      expect((await refused(world, ['models', 'rebuild'], { paths: [blob], rule: FSYNC })).code).toBe(9);
      expect(await orchestrator.rebuild()).toMatchObject({ ok: false, badBlobs: [DIGEST] });
      expect(await orchestrator.scrub()).toMatchObject({ ok: false, corrupt: [{ digest: DIGEST, found: 'not on disk (EIO)' }] });
      expect(marks()).toEqual([DIGEST]);
      await orchestrator.ensure(MODEL);
      await checkMended(ino);
    });

    it('are gone where not even a mark can be written', async () => {
      const { world, orchestrator, root, blob, checkMended } = await unprovenBlob();
      rmSync(world.modelDir(), { recursive: true });
      const { ino } = statSync(blob);
      const full = { paths: [blob, join(root, '.state', 'corrupt')], rule: 'fsync,mkdir:error=ENOSPC' };
      const ran = await refused(world, ['models', 'ensure', MODEL, '--json'], full);
      expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 6, stdout: expect.stringContaining('NO_SPACE') });
      expect(existsSync(blob)).toBe(false);
      await orchestrator.ensure(MODEL);
      await checkMended(ino);
    });
  },
});
