import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { digestOf, PIECE, testStore } from '../../test/support/test-store.ts';
import { fsError } from '../domain/fs-error.ts';
import { writeRecord } from './record.ts';
import { readStatKey, type StatKey } from './stat-key.ts';

const bytes = Buffer.alloc(3 * PIECE + 5, 'wan');

function keyOf(path: string): StatKey {
  const key = readStatKey(path);
  if (key === undefined) throw new Error(`${path} is not there`);
  return key;
}

/** As somebody does who has the right to. */
function writeOver(path: string): void {
  chmodSync(path, 0o644);
  writeFileSync(path, Buffer.alloc(bytes.length, 'x'));
}

it('commits a partial as a proven, read-only blob and leaves nothing in .tmp', async () => {
  const { context, blobs, commit } = await testStore();
  const digest = await commit(bytes);
  expect(blobs.state(digest, bytes.length)).toBe('proven');
  expect(statSync(blobs.path(digest)).mode & 0o777).toBe(0o444);
  expect(readFileSync(blobs.path(digest)).equals(bytes)).toBe(true);
  expect(readdirSync(context.resolver.tmpDir)).toEqual([]);
});

it('a blob that was written to since its proof is unproven, also with size and mtime restored', async () => {
  const { blobs, commit } = await testStore();
  const digest = await commit(bytes);
  const path = blobs.path(digest);
  const { atime, mtime } = statSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, Buffer.alloc(bytes.length, 'x'));
  utimesSync(path, atime, mtime);
  expect(blobs.state(digest, bytes.length)).toBe('unproven');
});

it('linking out keeps blob and link proven by one ledger record', async () => {
  const { context, blobs, commit } = await testStore();
  const digest = await commit(bytes);
  const linked = await blobs.linkTo(digest, join(context.resolver.root, 'linked'));
  expect(linked?.key).toEqual(readStatKey(join(context.resolver.root, 'linked')));
  expect(blobs.state(digest, bytes.length)).toBe('proven');
  expect(await blobs.linkTo(digestOf(Buffer.from('other')), join(context.resolver.root, 'none'))).toBeUndefined();
});

it('a commit over an unproven blob replaces it and keeps the bad bytes in quarantine', async () => {
  const { context, blobs, commit } = await testStore();
  const digest = await commit(bytes);
  chmodSync(blobs.path(digest), 0o644);
  writeFileSync(blobs.path(digest), 'rotten');
  await commit(bytes);
  expect(blobs.state(digest, bytes.length)).toBe('proven');
  const [kept] = readdirSync(context.resolver.quarantineDir);
  expect(kept?.startsWith(digest)).toBe(true);
  expect(readFileSync(join(context.resolver.quarantineDir, kept ?? ''), 'utf8')).toBe('rotten');
});

it('adopts the bytes of a published file when their blob is gone', async () => {
  const { context, blobs } = await testStore();
  const published = join(context.resolver.root, 'published');
  writeFileSync(published, bytes);
  const digest = digestOf(bytes);
  expect(await blobs.adopt(digest, published, keyOf(published))).toBe(true);
  expect(blobs.state(digest, bytes.length)).toBe('proven');
  expect(await blobs.adopt(digest, join(context.resolver.root, 'nothing'), keyOf(published))).toBe(false);
});

it('adopting is one step: there is no moment at which the blob is half there', async () => {
  const { context, blobs } = await testStore();
  const published = join(context.resolver.root, 'published');
  writeFileSync(published, bytes);
  await blobs.adopt(digestOf(bytes), published, keyOf(published));
  expect(statSync(blobs.path(digestOf(bytes))).ino).toBe(statSync(published).ino);
});

it('a digest that is marked is to be healed once its bytes are here, also when its blob was gone', async () => {
  const { blobs, commit, partials } = await testStore();
  const digest = await commit(bytes);
  await blobs.marks.mark(digest, digestOf(Buffer.from('other')));
  rmSync(blobs.path(digest));
  const partial = await partials.open({ key: digest, sizeBytes: bytes.length, pieceBytes: PIECE });
  writeSync(partial.fd, bytes, 0, bytes.length, 0);
  expect((await blobs.commit(partial, digest)).mustHeal).toBe(true);
});

it('a torn ledger record only costs a rehash', async () => {
  const { context, blobs, commit } = await testStore();
  const digest = await commit(bytes);
  writeFileSync(context.resolver.stateFile('ledger', digest), Buffer.alloc(200));
  expect(blobs.state(digest, bytes.length)).toBe('unproven');
  expect(await blobs.recordProof(digest, keyOf(blobs.path(digest)))).toBe(true);
  expect(blobs.state(digest, bytes.length)).toBe('proven');
  expect(existsSync(blobs.path(digest))).toBe(true);
});

it('what was written to since it was read is not proven by that read, and gives no blob back', async () => {
  const { context, blobs, commit } = await testStore();
  const digest = await commit(bytes);
  const read = keyOf(blobs.path(digest));
  await blobs.ledger.forget(digest);
  writeOver(blobs.path(digest));
  expect(await blobs.recordProof(digest, read)).toBe(false);
  expect(blobs.state(digest, bytes.length)).toBe('unproven');
  const published = join(context.resolver.root, 'published');
  renameSync(blobs.path(digest), published);
  expect(await blobs.adopt(digest, published, read)).toBe(false);
  expect(blobs.state(digest, bytes.length)).toBe('absent');
});

it('a blob that was written to does not become proven by a name that it is given or loses', async () => {
  const { blobs, commit } = await testStore();
  const digest = await commit(bytes);
  writeOver(blobs.path(digest));
  await blobs.ledger.rekey(digest, keyOf(blobs.path(digest)));
  expect(blobs.state(digest, bytes.length)).toBe('unproven');
});

it('bytes that may not be on disk are proven by reading once the machine has started anew', async () => {
  const { context, blobs, commit } = await testStore();
  const digest = await commit(bytes);
  await blobs.ledger.forget(digest);
  await blobs.marks.markUnsynced(digest, fsError(Object.assign(new Error(), { code: 'EIO' }), 'fsync it'));
  const published = join(context.resolver.root, 'published');
  linkSync(blobs.path(digest), published);
  expect(await blobs.recordProof(digest, keyOf(blobs.path(digest)))).toBe(false);
  expect(await blobs.adopt(digest, published, keyOf(published))).toBe(false);
  const mark = { found: 'not on disk (EIO)', at: new Date().toISOString(), unsynced_boot_id: 'of another start' };
  await writeRecord(context, context.resolver.stateFile('corrupt', digest), mark, { durable: true });
  expect(await blobs.recordProof(digest, keyOf(blobs.path(digest)))).toBe(true);
});

it('an fsync that never began says nothing of the bytes', async () => {
  const { blobs } = await testStore();
  const digest = digestOf(bytes);
  mkdirSync(dirname(blobs.path(digest)), { recursive: true });
  // It can be looked at, and be opened by nobody. Made elsewhere, since a socket's path must be short.
  const short = join(await tempDir(), 's');
  const socket = createServer().listen(short);
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  renameSync(short, blobs.path(digest));
  await expect(blobs.recordProof(digest, keyOf(blobs.path(digest)))).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR' });
  expect([...blobs.marks.all()]).toEqual([]);
});
