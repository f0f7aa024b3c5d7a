/** `repair`: reads a model, then makes what is wrong right: from copies on this machine, else from the sources, of large files only the bad pieces. */
import type { MendedBlob, RepairedFile, RepairReport, RepairWay } from '../domain/repair.ts';
import type { VerifiedFile, VerifyReport } from '../domain/results.ts';
import { readSnapshot } from '../store/snapshots.ts';
import { readStatKey } from '../store/stat-key.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import type { RepairOptions, TargetOptions } from './api.ts';
import { ensureModel } from './ensure.ts';
import type { Orchestration } from './orchestration.ts';
import { digestOf, planRepair, type RepairOutcome, type RepairRequest, wayOf } from './plan-repair.ts';
import { resolveTarget, type Target } from './target.ts';
import { verifyModel } from './verify.ts';

export async function repairModel(work: Orchestration, modelId: string, options: RepairOptions = {}): Promise<RepairReport> {
  const startedMs = work.store.clock.monotonic();
  const { dryRun: isDryRun = false } = options;
  const verified = await verifyModel(work, modelId, { ...toTarget(options), changesNothing: isDryRun });
  const target = await resolveTarget(work, modelId, options);
  const bad = verified.files.filter(({ ok }) => !ok);
  const outcome = isDryRun ? await planRepair(work, { target, bad, options }) : await mend(work, modelId, { target, bad, options });
  return {
    ...toReport(verified, isDryRun),
    ...outcome,
    ok: !isDryRun || verified.ok,
    durationMs: work.store.clock.monotonic() - startedMs,
  };
}

/** A limit of the network is none of the disk. */
function toTarget({ limitRateBytesPerSecond: _, ...options }: RepairOptions): TargetOptions {
  return options;
}

const toReport = ({ ref, variant, path, files, extraFiles, bytesRead }: VerifyReport, isDryRun: boolean) => ({
  ...{ ref, variant, path, extraFiles, bytesRead, isDryRun },
  fileCount: files.length,
});

async function mend(work: Orchestration, modelId: string, { target, bad, options }: RepairRequest): Promise<RepairOutcome> {
  const kept = new Map<string, string>();
  for (const file of bad) {
    const quarantined = await keepBadCopy(work, target, file);
    if (quarantined !== undefined) kept.set(file.path, quarantined);
  }
  // Also where all is right: it clears a mark that nothing deserves any more, and what a dead process left.
  const { mended, fetchedBytes } = await ensureModel(work, modelId, options);
  const counted = new Set<string>();
  const files = bad.map((file): RepairedFile => {
    const { expected = '' } = file;
    const blob = counted.has(expected) ? {} : (mended.get(expected) ?? {});
    counted.add(expected);
    return repairedFile(target, file, { blob, kept: kept.get(file.path) });
  });
  return { files, links: [...mended.values()].flatMap(({ links = [] }) => links), fetchedBytes };
}

/**
 * A bad file that is an inode of its own is relinked, and nobody would see its bytes again; a bad blob is kept when it is replaced. Of a file
 * that is what was published, and no longer what the manifest names, nothing is bad, and what another digest's blob is stays there.
 */
async function keepBadCopy({ store, blobs, settings }: Orchestration, target: Target, file: VerifiedFile): Promise<string | undefined> {
  const digest = digestOf(file);
  const path = store.resolver.modelFile(target.directory, file.path);
  if (digest === undefined || file.fault === 'missing' || file.fault === 'unproven') return undefined;
  const lease = await store.locks.acquire(store.resolver.blobLock(digest), {
    timeoutMs: settings.lockTimeoutMs,
    doing: `repair ${target.label}`,
  });
  try {
    const ino = readStatKey(path)?.ino;
    const published = readSnapshot(store, target.directory)?.files.find((one) => one.path === file.path)?.sha256;
    const names = [digest, ...(published === undefined ? [] : [published])];
    const isBlob = names.some((name) => readStatKey(blobs.path(name))?.ino === ino);
    if (ino === undefined || isBlob || file.found === published) return undefined;
    const kept = await blobs.quarantine(digest, path);
    return kept && store.resolver.relative(kept);
  } finally {
    await lease.release();
  }
}

interface Found {
  readonly blob: MendedBlob;
  readonly kept: string | undefined;
}

/** Bytes that a source gave as a clone count as none, though the file is theirs. */
function wayDone({ sizeBytes }: VerifiedFile, { fetchedBytes, kept: { keptBytes = 0 } = { keptBytes: 0 } }: MendedBlob): RepairWay {
  if (fetchedBytes === undefined || keptBytes === sizeBytes) return 'relink';
  return keptBytes > 0 || (fetchedBytes > 0 && fetchedBytes < sizeBytes) ? 'pieces' : 'whole';
}

function repairedFile(target: Target, file: VerifiedFile, { blob, kept }: Found): RepairedFile {
  const { path, sizeBytes, fault = 'digest', badPieces = blob.kept?.badPieces } = file;
  const { fetchedBytes = 0, quarantined = [] } = blob;
  return {
    ...{ path, sizeBytes, fault, fetchedBytes },
    way: wayOf(target, path, wayDone(file, blob)),
    ...(badPieces !== undefined && { badPieces, pieceCount: Math.ceil(sizeBytes / LEAF_BYTES) }),
    quarantined: [...(kept === undefined ? [] : [kept]), ...quarantined],
  };
}
