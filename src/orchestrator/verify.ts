/** `verify`: reads every byte of a published model. What is found bad is marked, so that status shows it until it is mended. */
import type { Sha256 } from '../domain/digest.ts';
import type { Emit } from '../domain/events.ts';
import { isUnwritable } from '../domain/fs-error.ts';
import { weakestProof } from '../domain/proof.ts';
import type { FormatFault, VerifiedFile, VerifyReport } from '../domain/results.ts';
import { foreignFiles, ownPaths } from '../store/foreign-files.ts';
import { type InspectedFile, provenBy } from '../store/inspect-snapshot.ts';
import { checkStore } from '../store/open-store.ts';
import { writeLeaves } from '../store/piece-leaves.ts';
import { readSnapshot } from '../store/snapshots.ts';
import { isUntouched, readStatKey, type StatKey } from '../store/stat-key.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import type { VerifyOptions } from './api.ts';
import { checkFormats } from './check-formats.ts';
import { inspectTarget } from './look.ts';
import type { Orchestration } from './orchestration.ts';
import { resolveTarget, type Target } from './target.ts';
import { unlessUnwritable } from './unless-unwritable.ts';
import { expectedOf, judgedFiles, type Quietly, type ReadFile, readFiles } from './verify-files.ts';

export async function verifyModel(work: Orchestration, modelId: string, options: VerifyOptions & Quietly = {}): Promise<VerifyReport> {
  const startedMs = work.store.clock.monotonic();
  const target = await resolveTarget(work, modelId, options);
  checkStore(work.store);
  const emit = work.emitter(options, target.label, target.spec.variant);
  const { files } = inspectTarget(work, target);
  const wanted = judgedFiles(files, options);
  const read = () => readFiles(work, target, { ...options, files: wanted, emit });
  const checked = await (options.changesNothing ? read() : whileShown(work, target, read));
  const verified = wanted.map((file) => judge(file, checked.get(file.spec.path)));
  if (!options.changesNothing) {
    await remember(work, target, wanted, { verified, checked, emit });
    await keepLeaves(work, verified, checked);
  }
  for (const file of verified) emit({ type: 'verify.file', file: file.path, ok: file.ok, ...(file.fault && { fault: file.fault }) });
  const formatFaults = options.deep ? await formatFaultsOf(work, target, verified) : [];
  return {
    ref: target.spec.ref,
    variant: target.spec.variant,
    path: target.directory,
    ok: verified.every((file) => file.ok) && formatFaults.length === 0,
    proof: weakestProof(verified.map((file) => file.proof)) ?? 'size-only',
    files: verified,
    extraFiles: extraFiles(target, files),
    formatFaults,
    ...(options.subset && { subset: options.subset }),
    bytesRead: [...checked.values()].reduce((sum, file) => sum + (file.isEarlier ? 0 : file.sizeBytes), 0),
    durationMs: work.store.clock.monotonic() - startedMs,
  };
}

async function formatFaultsOf(
  { store }: Orchestration,
  target: Target,
  verified: readonly VerifiedFile[],
): Promise<readonly FormatFault[]> {
  const right = new Set(verified.filter(({ ok }) => ok).map(({ path }) => path));
  const files = target.files.filter(({ path }) => right.has(path));
  return checkFormats({ files, pathOf: ({ path }) => store.resolver.modelFile(target.directory, path) });
}

/** Holds the lock that makes status say VERIFYING. A root that cannot be written, or is full, is verified all the same. */
async function whileShown<T>(work: Orchestration, { spec, label }: Target, run: () => Promise<T>): Promise<T> {
  const lock = work.store.resolver.verifyLock(spec.family, spec.ref);
  const lease = await work.store.locks.tryAcquire(lock, { doing: `verify ${label}` }).catch((error: unknown) => {
    if (isUnwritable(error)) return undefined;
    throw error;
  });
  try {
    return await run();
  } finally {
    await lease?.release();
  }
}

function judge(inspected: InspectedFile, checked: ReadFile | undefined): VerifiedFile {
  const { spec, published } = inspected;
  const expected = expectedOf(inspected);
  const file = { path: spec.path, sizeBytes: spec.sizeBytes, ...provenBy(spec, published), ...(expected && { expected }) };
  if (checked === undefined) return { ...file, ok: false, fault: 'missing' };
  const { sha256, unreadable = '', by: checkedBy, badPieces } = checked;
  const found = sha256 ?? unreadable;
  const read = { ...file, found, checkedBy, ...(badPieces && { badPieces }), ...(checked.isEarlier && { isEarlier: true }) };
  if (checked.sizeBytes !== spec.sizeBytes) return { ...read, ok: false, fault: 'size' };
  if (expected === undefined) return { ...read, ok: false, fault: 'unproven' };
  return found === expected ? { ...read, ok: true } : { ...read, ok: false, fault: 'digest' };
}

/** For the next verification, and for mending pieces. Losing them costs time, so a root that cannot be written is no error. */
async function keepLeaves(work: Orchestration, verified: readonly VerifiedFile[], checked: ReadonlyMap<string, ReadFile>): Promise<void> {
  for (const { path, ok } of verified) {
    const { sha256, leaves } = checked.get(path) ?? {};
    if (!ok || sha256 === undefined || leaves === undefined) continue;
    await unlessUnwritable(() => writeLeaves(work.store, sha256, { leafBytes: LEAF_BYTES, digests: leaves }));
  }
}

/** Marks what was found bad, under its published name, so that no reader trusts it before it is healed. */
async function remember(
  work: Orchestration,
  { directory }: Target,
  files: readonly InspectedFile[],
  {
    verified,
    checked,
    emit,
  }: { readonly verified: readonly VerifiedFile[]; readonly checked: ReadonlyMap<string, ReadFile>; readonly emit: Emit },
): Promise<void> {
  for (const [index, { path, ok, found }] of verified.entries()) {
    const digest = files[index]?.published?.sha256;
    const key = checked.get(path)?.key;
    if (ok || found === undefined || digest === undefined || found === digest || key === undefined) continue;
    let isBusy = false;
    const error = await unlessUnwritable(async () => {
      isBusy = !(await markBad(work, directory, { path, digest, found, key }));
    });
    if (error === undefined && !isBusy) continue;
    const why = error === undefined ? `another process is at work on the bytes of ${path}` : 'the store cannot be written';
    emit({
      type: 'warning',
      code: 'corrupt_mark_not_written',
      message: `${why}, so status will not show this${error === undefined ? '; verify again when it is done' : `: ${error.message}`}`,
    });
  }
}

interface BadFile {
  /** Inside the model. */
  readonly path: string;
  readonly digest: Sha256;
  readonly found: string;
  /** From before it was read. */
  readonly key: StatKey;
}

/** Only under the digest's lock (only tried: whoever holds it is at work on it), and only where the very file that was read is still published under that digest. @returns false where the lock was not to be had */
async function markBad({ store, blobs }: Orchestration, directory: string, { path, digest, found, key }: BadFile): Promise<boolean> {
  const lease = await store.locks.tryAcquire(store.resolver.blobLock(digest), { doing: 'mark what a verification found' });
  if (lease === undefined) return false;
  try {
    const now = readStatKey(store.resolver.modelFile(directory, path));
    const isPublished = readSnapshot(store, directory)?.files.some((file) => file.path === path && file.sha256 === digest);
    if (now !== undefined && isUntouched(key, now) && isPublished) await blobs.marks.mark(digest, found);
    return true;
  } finally {
    await lease.release();
  }
}

/** What lies in the directory and belongs to nobody. Reported, never removed. */
const extraFiles = ({ directory, spec }: Target, files: readonly InspectedFile[]): string[] =>
  foreignFiles(directory, ownPaths(spec, { files: files.map((file) => file.spec) }));
