import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { textOf } from '../../test/support/model-fixture.ts';
import { testStore } from '../../test/support/test-store.ts';
import { sha256Of } from '../domain/digest.ts';
import { writeLeaves } from '../store/piece-leaves.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import { type CheckedFile, checkBytes, type FileToCheck } from './check-bytes.ts';

it('tells of each file what that one holds, also where two are read a second time since their contents were swapped', async () => {
  const { context: store } = await testStore();
  const contents = [1, 2, 3].map((seed) => seeded(LEAF_BYTES + 5, seed));
  const files = contents.map((content, index): FileToCheck => {
    const path = join(store.resolver.root, `f${index}`);
    writeFileSync(path, textOf(contents[[0, 2, 1][index] ?? 0] ?? content));
    return { path, sizeBytes: content.sizeBytes, digest: sha256Of(sha256Hex(content)) };
  });
  for (const { path, digest } of files) {
    const [checked] = await checkBytes({ store }, [{ path, sizeBytes: LEAF_BYTES + 5, ...(digest && { digest }) }]);
    const right = files.find((file) => file.digest === checked?.sha256)?.digest;
    if (checked?.leaves && right) await writeLeaves(store, right, { leafBytes: LEAF_BYTES, digests: checked.leaves });
  }
  const told = new Map<number, CheckedFile>();
  const checked = await checkBytes({ store }, files, { onChecked: (index, read) => told.set(index, read) });
  expect(checked.map(({ by }) => by)).toEqual(['pieces', 'sha256', 'sha256']);
  expect(checked.map(({ sha256 }) => files.findIndex(({ digest }) => digest === sha256))).toEqual([0, 2, 1]);
  expect([0, 1, 2].map((index) => told.get(index)?.sha256)).toEqual(checked.map(({ sha256 }) => sha256));
});

it('tells a second reading of a file as soon as a piece differs, and that all is done only at the end', async () => {
  const { context: store } = await testStore();
  const content = seeded(4 * LEAF_BYTES, 4);
  const path = join(store.resolver.root, 'spoiled');
  const file = { path, sizeBytes: content.sizeBytes, digest: sha256Of(sha256Hex(content)) };
  writeFileSync(path, textOf(content));
  const [right] = await checkBytes({ store }, [file]);
  await writeLeaves(store, file.digest, { leafBytes: LEAF_BYTES, digests: right?.leaves ?? new Uint8Array() });
  const spoiled = textOf(content);
  spoiled[0] = (spoiled[0] ?? 0) ^ 1;
  writeFileSync(path, spoiled);
  const told: { readonly doneBytes: number; readonly totalBytes: number }[] = [];
  const [checked] = await checkBytes({ store }, [file], {
    onProgress: (doneBytes, totalBytes) => told.push({ doneBytes, totalBytes }),
  });
  expect(checked?.badPieces).toEqual([0]);
  expect(told.filter(({ doneBytes, totalBytes }) => doneBytes === totalBytes)).toEqual([told.at(-1)]);
  expect(told.at(-1)?.totalBytes).toBe(2 * file.sizeBytes);
  const firstRead = told.filter(({ totalBytes }) => totalBytes === file.sizeBytes);
  for (const { doneBytes } of firstRead) expect(doneBytes).toBeLessThan(file.sizeBytes);
});
