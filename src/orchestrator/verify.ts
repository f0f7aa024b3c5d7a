/** `verify`: reads every byte of a published model. What is found bad is marked, so that status shows it until it is mended. */
import { readdirSync } from 'node:fs';
import type { Sha256 } from '../domain/digest.ts';
import { isModelError, type ModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import { isErrno } from '../domain/fs-error.ts';
import { weakestProof } from '../domain/proof.ts';
import type { VerifiedFile, VerifyReport } from '../domain/results.ts';
import { type InspectedFile, provenBy } from '../store/inspect-snapshot.ts';
import { readStoreId } from '../store/open-store.ts';
import { writeLeaves } from '../store/piece-leaves.ts';
import { VERIFIED_FILE } from '../store/snapshot-record.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import type { TargetOptions } from './api.ts';
import { type CheckedFile, checkBytes, type FileToCheck } from './check-bytes.ts';
import { inspectTarget } from './look.ts';
import type { Orchestration } from './orchestration.ts';
import { resolveTarget, type Target } from './target.ts';

/** What a caller within the orchestrator wants besides. */
export interface Quietly {
  /** Change nothing on disk: no mark, no leaves, no lock. */
  readonly changesNothing?: boolean;
}

export async function verifyModel(work: Orchestration, modelId: string, options: TargetOptions & Quietly = {}): Promise<VerifyReport> {
  const startedMs = work.store.clock.monotonic();
  const target = await resolveTarget(work, modelId, options);
  readStoreId(work.store);
  const emit = work.emitter(options, target.label);
  const { files } = inspectTarget(work, target);
  const wanted = files.filter((file) => file.condition !== 'left-out');
  const check = () => checkPresent(work, target, { files: wanted, emit, ...options });
  const checked = await (options.changesNothing ? check() : whileShown(work, target, check));
  const verified = wanted.map((file) => judge(file, checked.get(file.spec.path)));
  if (!options.changesNothing) {
    await remember(work, wanted, verified, emit);
    await keepLeaves(work, verified, checked);
  }
  for (const file of verified) emit({ type: 'verify.file', file: file.path, ok: file.ok, ...(file.fault && { fault: file.fault }) });
  return {
    ref: target.spec.ref,
    variant: target.spec.variant,
    path: target.directory,
    ok: verified.every((file) => file.ok),
    proof: weakestProof(verified.map((file) => file.proof)) ?? 'size-only',
    files: verified,
    extraFiles: extraFiles(target, files),
    bytesRead: [...checked.values()].reduce((sum, file) => sum + file.sizeBytes, 0),
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

interface CheckRequest {
  readonly files: readonly InspectedFile[];
  readonly emit: Emit;
  readonly signal?: AbortSignal;
}

/** By path; what is missing is left out. */
async function checkPresent(work: Orchestration, target: Target, request: CheckRequest): Promise<Map<string, CheckedFile>> {
  const { emit, signal } = request;
  const present = request.files.filter((file) => file.condition !== 'missing');
  const toCheck = present.map((file): FileToCheck => {
    const digest = expectedOf(file);
    const path = work.store.resolver.modelFile(target.directory, file.spec.path);
    return { path, sizeBytes: file.spec.sizeBytes, ...(digest && { digest }) };
  });
  const checked = await checkBytes(work, toCheck, {
    ...(signal && { signal }),
    onProgress: (doneBytes, totalBytes) => emit({ type: 'verify.progress', doneBytes, totalBytes }),
  });
  return new Map(present.map((file, index) => [file.spec.path, checked[index] as CheckedFile]));
}

/**
 * By the manifest's sha256, else by the one that the bytes had when they were proven: they are those that matched what a source
 * published then, whatever kind of digest that was.
 */
const expectedOf = ({ spec, published }: InspectedFile): Sha256 | undefined => spec.sha256 ?? published?.sha256;

function judge(inspected: InspectedFile, checked: CheckedFile | undefined): VerifiedFile {
  const { spec, published } = inspected;
  const expected = expectedOf(inspected);
  const file = { path: spec.path, sizeBytes: spec.sizeBytes, ...provenBy(spec, published), ...(expected && { expected }) };
  if (checked === undefined) return { ...file, ok: false, fault: 'missing' };
  const { sha256: found, by: checkedBy, badPieces } = checked;
  const read = { ...file, found, checkedBy, ...(badPieces && { badPieces }) };
  if (checked.sizeBytes !== spec.sizeBytes) return { ...read, ok: false, fault: 'size' };
  if (expected === undefined) return { ...read, ok: false, fault: 'unproven' };
  return found === expected ? { ...read, ok: true } : { ...read, ok: false, fault: 'digest' };
}

/** For the next verification, and for mending pieces. Losing them costs time, so a root that cannot be written is no error. */
async function keepLeaves(
  work: Orchestration,
  verified: readonly VerifiedFile[],
  checked: ReadonlyMap<string, CheckedFile>,
): Promise<void> {
  for (const { path, ok } of verified) {
    const { sha256, leaves } = checked.get(path) ?? {};
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
