/** A real store in a temp folder, for tests of its parts. */
import { hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Sha256, sha256Of } from '../../src/domain/digest.ts';
import { LockManager } from '../../src/locks/lock-manager.ts';
import { ModelResolver } from '../../src/resolver/model-resolver.ts';
import { Blobs } from '../../src/store/blobs.ts';
import type { StoreContext } from '../../src/store/context.ts';
import { openStore } from '../../src/store/open-store.ts';
import { Partials } from '../../src/store/partials.ts';
import { PieceMap } from '../../src/store/piece-map.ts';
import { systemClock, systemRandom } from '../../src/util/system-world.ts';
import { tempDir } from './temp-dir.ts';

export interface TestStore {
  readonly context: StoreContext;
  readonly blobs: Blobs;
  readonly partials: Partials;
  /** Commits bytes as a blob, the way a transfer would. */
  commit(bytes: Uint8Array): Promise<Sha256>;
}

export const PIECE = 256 * 1024;
export const digestOf = (bytes: Uint8Array): Sha256 => sha256Of(hash('sha256', bytes));

export function storeContextOf(root: string): StoreContext {
  const resolver = new ModelResolver({ modelsRoot: root });
  const locks = new LockManager({ clock: systemClock, random: systemRandom, lockDir: resolver.lockDir });
  return { resolver, locks, clock: systemClock, random: systemRandom, lockTimeoutMs: 10_000 };
}

export async function testStore(root?: string): Promise<TestStore> {
  const context = storeContextOf(root ?? join(await tempDir(), 'models'));
  await openStore(context);
  const [blobs, partials] = [new Blobs(context), new Partials(context)];
  return {
    context,
    blobs,
    partials,
    commit: async (bytes) => {
      const digest = digestOf(bytes);
      const partial = await partials.open({ key: digest, sizeBytes: bytes.length, pieceBytes: PIECE });
      writeSync(partial.fd, bytes, 0, bytes.length, 0);
      const map = new PieceMap(partial.pieces);
      for (let piece = 0; piece < map.count; piece++) map.markHeld(piece, partial.sourceIndex('memory://test'));
      await blobs.commit(partial, digest);
      return digest;
    },
  };
}
