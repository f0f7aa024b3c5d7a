/**
 * Every violation of what docs/store-format.md promises. Reads every byte: for tests, and for `wan doctor` when asked. Run it
 * while no other process works on the store; debris that the next ensure mends by itself is no violation.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { checkState } from './check-state.ts';
import type { StoreContext } from './context.ts';
import { CorruptMarks } from './corrupt-marks.ts';
import { keptTrash } from './kept-trash.ts';
import { listBlobs } from './list-blobs.ts';
import { type SnapshotRecord, VERIFIED_FILE } from './snapshot-record.ts';
import { digestsIn, listSnapshots, readSnapshot } from './snapshots.ts';

export interface Violation {
  /** Number in the design's list of invariants. */
  readonly invariant: number;
  /** Relative to the root. */
  readonly path: string;
  readonly what: string;
}

/** Names that may lie in the root besides families. */
const ROOT_NAMES: ReadonlySet<string> = new Set([
  'STORE.json',
  'CACHEDIR.TAG',
  '.blobs',
  '.tmp',
  '.locks',
  '.state',
  '.quarantine',
  '.trash',
  'components',
  // Where deployments of older model managers have it configured (registry_file).
  'registry.json',
  'model_registry.json',
]);

export async function checkInvariants(context: StoreContext): Promise<Violation[]> {
  if (!existsSync(context.resolver.root)) return [];
  const corrupt = new CorruptMarks(context).all();
  const violations = [...checkLayout(context), ...checkLinks(context), ...checkKept(context), ...(await checkState(context))];
  for (const directory of listSnapshots(context)) violations.push(...(await checkSnapshot(context, directory, corrupt)));
  violations.push(...(await checkBlobs(context, corrupt)), ...(await checkLocks(context)));
  return violations;
}

async function checkSnapshot(context: StoreContext, directory: string, corrupt: ReadonlySet<string>): Promise<Violation[]> {
  const path = context.resolver.relative(directory);
  const record = readSnapshot(context, directory);
  if (record === undefined) return [{ invariant: 1, path, what: `is published without a readable ${VERIFIED_FILE}` }];
  const violations: Violation[] = [];
  for (const file of record.files) violations.push(...(await checkFile(context, { directory, file, corrupt })));
  return violations;
}

/** What is kept in the trash has all its blobs: it comes back without a byte being fetched. */
function checkKept(context: StoreContext): Violation[] {
  return keptTrash(context).flatMap(({ path, snapshot }) =>
    digestsIn(context, snapshot)
      .filter((digest) => !existsSync(context.resolver.blobPath(digest)))
      .map((digest) => ({ invariant: 3, path: context.resolver.relative(path), what: `is kept, and its blob ${digest} is gone` })),
  );
}

interface FileCheck {
  readonly directory: string;
  readonly file: SnapshotRecord['files'][number];
  readonly corrupt: ReadonlySet<string>;
}

async function checkFile(context: StoreContext, { directory, file, corrupt }: FileCheck): Promise<Violation[]> {
  const absolute = context.resolver.modelFile(directory, file.path);
  const path = context.resolver.relative(absolute);
  const stat = lstatSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) return [{ invariant: 1, path, what: 'is on record and missing' }];
  if (!stat.isFile()) return [{ invariant: 7, path, what: 'is no regular file' }];
  if (stat.size !== file.key.sizeBytes) return [{ invariant: 1, path, what: `has ${stat.size} bytes instead of ${file.key.sizeBytes}` }];
  const found = await digestOf(absolute);
  return found === file.sha256 || corrupt.has(file.sha256)
    ? []
    : [{ invariant: 1, path, what: `hashes to ${found} instead of ${file.sha256}` }];
}

async function checkBlobs(context: StoreContext, corrupt: ReadonlySet<string>): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const digest of listBlobs(context)) {
    const absolute = context.resolver.blobPath(digest);
    const path = context.resolver.relative(absolute);
    const found = await digestOf(absolute);
    if (found !== digest && !corrupt.has(digest)) violations.push({ invariant: 2, path, what: `hashes to ${found}` });
  }
  return violations;
}

/** A lock that is held now, while nobody works, has a holder that should not live. */
async function checkLocks(context: StoreContext): Promise<Violation[]> {
  const locks = await context.locks.list();
  return locks
    .filter((lock) => lock.held)
    .map((lock) => ({ invariant: 9, path: `.locks/${lock.path}`, what: `is held by pid ${lock.holder?.pid ?? 'unknown'}` }));
}

function checkLayout(context: StoreContext): Violation[] {
  const strangers = readdirSync(context.resolver.root, { withFileTypes: true }).filter(
    (entry) => !entry.isDirectory() && !ROOT_NAMES.has(entry.name),
  );
  return strangers.map((entry) => ({ invariant: 7, path: entry.name, what: 'is no part of the layout' }));
}

function checkLinks(context: StoreContext): Violation[] {
  const entries = readdirSync(context.resolver.root, { recursive: true, withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink());
  return links.map((entry) => ({
    invariant: 7,
    path: context.resolver.relative(join(entry.parentPath, entry.name)),
    what: 'is a symbolic link',
  }));
}

async function digestOf(path: string): Promise<string> {
  const hasher = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hasher);
  return hasher.digest('hex');
}
