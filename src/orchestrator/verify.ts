/** `verify`: reads every byte of a published model. What is found bad is marked, so that status shows it until it is mended. */
import { readdirSync } from 'node:fs';
import { isModelError, type ModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import { isErrno } from '../domain/fs-error.ts';
import { weakestProof } from '../domain/proof.ts';
import type { VerifiedFile, VerifyReport } from '../domain/results.ts';
import { type InspectedFile, provenBy } from '../store/inspect-snapshot.ts';
import { readStoreId } from '../store/open-store.ts';
import { readLeaves, writeLeaves } from '../store/piece-leaves.ts';
import { VERIFIED_FILE } from '../store/snapshot-record.ts';
import { type HashedFile, hashFiles } from '../transfer/hash-file.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import type { TargetOptions } from './api.ts';
import { inspectTarget } from './look.ts';
import type { Orchestration } from './orchestration.ts';
import { resolveTarget, type Target } from './target.ts';

export async function verifyModel(work: Orchestration, modelId: string, options: TargetOptions = {}): Promise<VerifyReport> {
  const startedMs = work.store.clock.monotonic();
  const target = await resolveTarget(work, modelId, options);
  readStoreId(work.store);
  const emit = work.emitter(options, target.label);
  const { files } = inspectTarget(work, target);
  const wanted = files.filter((file) => file.condition !== 'left-out');
  const hashed = await whileShown(work, target, () => hashPresent(work, target, { files: wanted, emit, ...options }));
  const verified = wanted.map((file) => judge(file, hashed.get(file.spec.path)));
  await remember(work, wanted, verified, emit);
  await keepLeaves(work, verified, hashed);
  for (const file of verified) emit({ type: 'verify.file', file: file.path, ok: file.ok, ...(file.fault && { fault: file.fault }) });
  return {
    ref: target.spec.ref,
    variant: target.spec.variant,
    path: target.directory,
    ok: verified.every((file) => file.ok),
    proof: weakestProof(verified.map((file) => file.proof)) ?? 'size-only',
    files: verified,
    extraFiles: extraFiles(target, files),
    bytesRead: [...hashed.values()].reduce((sum, file) => sum + file.sizeBytes, 0),
    durationMs: work.store.clock.monotonic() - startedMs,
  };
}

/** Holds the lock that makes status say VERIFYING. A root that cannot be written is verified all the same. */
async function whileShown<T>(work: Orchestration, { spec, label }: Target, run: () => Promise<T>): Promise<T> {
  const lock = work.store.resolver.verifyLock(spec.family, spec.ref);
  const lease = await work.store.locks.tryAcquire(lock, { doing: `verify ${label}` }).catch((error: unknown) => {
    if (isReadOnly(error)) return undefined;
    throw error;
  });
  try {
    return await run();
  } finally {
    await lease?.release();
  }
}

interface HashRequest {
  readonly files: readonly InspectedFile[];
  readonly emit: Emit;
  readonly signal?: AbortSignal;
}

async function hashPresent(work: Orchestration, target: Target, { files, emit, signal }: HashRequest): Promise<Map<string, HashedFile>> {
  const present = files.filter((file) => file.condition !== 'missing');
  const paths = present.map((file) => work.store.resolver.modelFile(target.directory, file.spec.path));
  const totalBytes = present.reduce((sum, file) => sum + file.spec.sizeBytes, 0);
  const leafless = new Set<string | number>(paths.filter((_, index) => wantsLeaves(work, present[index])));
  const hashed = await hashFiles(paths, {
    ...(signal && { signal }),
    leaves: (path) => leafless.has(path),
    onProgress: (doneBytes) => emit({ type: 'verify.progress', doneBytes, totalBytes }),
  });
  return new Map(present.map((file, index) => [file.spec.path, hashed[index] as HashedFile]));
}

/**
 * By the manifest's sha256, else by the one that the bytes had when they were proven: they are those that matched what a source
 * published then, whatever kind of digest that was.
 */
function judge({ spec, published }: InspectedFile, hashed: HashedFile | undefined): VerifiedFile {
  const expected = spec.sha256 ?? published?.sha256;
  const file = { path: spec.path, sizeBytes: spec.sizeBytes, ...provenBy(spec, published), ...(expected && { expected }) };
  if (hashed === undefined) return { ...file, ok: false, fault: 'missing' };
  if (hashed.sizeBytes !== spec.sizeBytes) return { ...file, ok: false, fault: 'size', found: hashed.sha256 };
  if (expected === undefined) return { ...file, ok: false, fault: 'unproven', found: hashed.sha256 };
  if (hashed.sha256 !== expected) return { ...file, ok: false, fault: 'digest', found: hashed.sha256 };
  return { ...file, ok: true, found: hashed.sha256 };
}

/** A file whose download left the hash no time for them, and that has more than one. */
function wantsLeaves(work: Orchestration, file: InspectedFile | undefined): boolean {
  const digest = file?.published?.sha256;
  return (
    digest !== undefined && file !== undefined && file.spec.sizeBytes > LEAF_BYTES && !readLeaves(work.store, digest, file.spec.sizeBytes)
  );
}

/** For the next verification, and for mending pieces. Losing them costs time, so a root that cannot be written is no error. */
async function keepLeaves(work: Orchestration, verified: readonly VerifiedFile[], hashed: ReadonlyMap<string, HashedFile>): Promise<void> {
  for (const { path, ok } of verified) {
    const { sha256, leaves } = hashed.get(path) ?? {};
    if (!ok || sha256 === undefined || leaves === undefined) continue;
    await unlessReadOnly(() => writeLeaves(work.store, sha256, { leafBytes: LEAF_BYTES, digests: leaves }));
  }
}

/** @returns the error of a root that cannot be written, where that was what stopped it */
async function unlessReadOnly(write: () => Promise<void>): Promise<ModelError | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (isReadOnly(error)) return error;
    throw error;
  }
}

const isReadOnly = (error: unknown): error is ModelError => isModelError(error, 'READ_ONLY') || isModelError(error, 'PERMISSION_DENIED');

/** Marks what was found bad, under its published name, so that no reader trusts it before it is healed. */
async function remember(
  work: Orchestration,
  files: readonly InspectedFile[],
  verified: readonly VerifiedFile[],
  emit: Emit,
): Promise<void> {
  for (const [index, { ok, found }] of verified.entries()) {
    const digest = files[index]?.published?.sha256;
    if (ok || found === undefined || digest === undefined || found === digest) continue;
    const error = await unlessReadOnly(() => work.blobs.marks.mark(digest, found));
    if (error === undefined) continue;
    emit({
      type: 'warning',
      code: 'corrupt_mark_not_written',
      message: `the store cannot be written, so status will not show this: ${error.message}`,
    });
  }
}

/** What lies in the directory and belongs to nobody. Reported, never removed. */
function extraFiles(target: Target, files: readonly InspectedFile[]): string[] {
  const known = new Set([VERIFIED_FILE, ...target.spec.files.map((file) => file.path), ...files.map((file) => file.spec.path)]);
  try {
    const entries = readdirSync(target.directory, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => `${entry.parentPath}/${entry.name}`);
    return paths
      .map((path) => path.slice(target.directory.length + 1).replaceAll('\\', '/'))
      .filter((path) => !known.has(path))
      .sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
