/**
 * `scrub`: reads the blobs of the store, those first whose bytes nobody has read for longest, and marks what rotted. One that was cut short
 * goes on where it was. It mends nothing by itself.
 */
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { CorruptBlob, ScrubReport } from '../domain/scrub.ts';
import { isInSubset } from '../domain/subset.ts';
import { listBlobs } from '../store/list-blobs.ts';
import { checkStore } from '../store/open-store.ts';
import { beginRound, endRound, type ScrubRound } from '../store/scrub-round.ts';
import type { SnapshotRecord } from '../store/snapshot-record.ts';
import { listSnapshots, readSnapshot } from '../store/snapshots.ts';
import { readStatKey } from '../store/stat-key.ts';
import type { ScrubOptions } from './api.ts';
import type { Orchestration } from './orchestration.ts';
import { proveBlobs } from './prove-blobs.ts';

export async function scrubStore(work: Orchestration, options: ScrubOptions = {}): Promise<ScrubReport> {
  const { store } = work;
  const startedMs = store.clock.monotonic();
  checkStore(store);
  const lease = await store.locks.tryAcquire(store.resolver.scrubLock(), { doing: 'scrub' });
  if (lease === undefined) throw running();
  try {
    const report = await scrubAlone(work, options);
    return { ...report, durationMs: store.clock.monotonic() - startedMs };
  } finally {
    await lease.release();
  }
}

async function scrubAlone(work: Orchestration, options: ScrubOptions): Promise<Omit<ScrubReport, 'durationMs'>> {
  const { store } = work;
  const emit = work.emitter(options, 'the store');
  const { subset, maxAgeMs, limitRateBytesPerSecond, signal } = options;
  const round = await beginRound(store, { ...(subset && { subset }), ...(maxAgeMs !== undefined && { maxAgeMs }) });
  const blobs = listBlobs(store).filter((digest) => subset === undefined || isInSubset(subset, digest));
  const looks = blobs.flatMap((digest) => lookAtBlob(work, digest, { round, ...(maxAgeMs !== undefined && { maxAgeMs }) }) ?? []);
  const due = looks.filter(({ isDue }) => isDue).sort((a, b) => a.provenMs - b.provenMs);
  const read = await proveBlobs(
    work,
    due.map(({ digest }) => digest),
    {
      ...(signal && { signal }),
      ...(limitRateBytesPerSecond !== undefined && { limitRateBytesPerSecond }),
      onProgress: (doneBytes, totalBytes) => emit({ type: 'verify.progress', doneBytes, totalBytes }),
    },
  );
  await endRound(store);
  const bad = read.filter(({ verdict }) => verdict === 'wrong' || verdict === 'unreadable');
  const before = looks.flatMap(({ digest, sizeBytes, found }) => (found === undefined ? [] : [{ digest, sizeBytes, found }]));
  const found = [...before, ...bad.map(({ digest, sizeBytes, found = '' }) => ({ digest, sizeBytes, found }))];
  const corrupt = withModels(work, found, ({ ref, variant }, path) =>
    work.emitter(options, formatRef(ref), variant)({ type: 'verify.file', file: path, ok: false, fault: 'digest' }),
  );
  const rightCount = read.filter(({ verdict }) => verdict === 'right').length;
  const oldest = oldestProof(work, blobs, new Set(corrupt.map(({ digest }) => digest)));
  return {
    ok: corrupt.length === 0,
    isResumed: round.isResumed,
    ...(subset && { subset }),
    blobCount: looks.length,
    rightCount,
    skippedCount: looks.length - due.length - before.length,
    leftCount: due.length - rightCount - bad.length,
    corrupt,
    bytesRead: read.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...(oldest !== undefined && { oldestProofAt: new Date(oldest).toISOString() }),
  };
}

interface Look {
  readonly digest: Sha256;
  readonly sizeBytes: number;
  /** 0: never, as far as is on record. */
  readonly provenMs: number;
  readonly isDue: boolean;
  /** What this round has found it to be, before it was cut short. */
  readonly found?: string;
}

interface Due {
  readonly round: ScrubRound;
  readonly maxAgeMs?: number;
}

/** A proof of another inode, or of the future, is none. */
function lookAtBlob({ store, blobs }: Orchestration, digest: Sha256, { round, maxAgeMs }: Due): Look | undefined {
  const key = readStatKey(blobs.path(digest));
  if (key === undefined) return undefined;
  const now = store.clock.now();
  const at = blobs.ledger.proves(digest, key) ? (blobs.ledger.provenAtMs(digest) ?? 0) : 0;
  const provenMs = at > now ? 0 : at;
  const mark = blobs.marks.read(digest);
  const found = mark !== undefined && round.isResumed && mark.atMs >= round.startedMs ? mark.found : undefined;
  const hadItsTurn = provenMs >= round.startedMs || found !== undefined;
  const isYoung = maxAgeMs !== undefined && now - provenMs < maxAgeMs && mark === undefined;
  return { digest, sizeBytes: key.sizeBytes, provenMs, isDue: !hadItsTurn && !isYoung, ...(found !== undefined && { found }) };
}

/** @param tell is called with each file of a model that is bad */
function withModels(
  { store }: Orchestration,
  corrupt: readonly Omit<CorruptBlob, 'models'>[],
  tell: (record: SnapshotRecord, path: string) => void,
): CorruptBlob[] {
  const models = new Map<string, Set<string>>(corrupt.map(({ digest }) => [digest, new Set()]));
  if (corrupt.length === 0) return [];
  for (const directory of listSnapshots(store)) {
    const record = readSnapshot(store, directory);
    for (const { sha256, path } of record?.files ?? []) {
      const having = models.get(sha256);
      if (record === undefined || having === undefined) continue;
      having.add(formatRef(record.ref));
      tell(record, path);
    }
  }
  return corrupt.map((blob) => ({ ...blob, models: [...(models.get(blob.digest) ?? [])] }));
}

function oldestProof({ blobs }: Orchestration, digests: readonly Sha256[], corrupt: ReadonlySet<string>): number | undefined {
  let oldest: number | undefined;
  for (const digest of digests) {
    const at = corrupt.has(digest) ? undefined : blobs.ledger.provenAtMs(digest);
    if (at !== undefined) oldest = Math.min(oldest ?? at, at);
  }
  return oldest;
}

const running = (): ModelError =>
  new ModelError('LOCK_TIMEOUT', 'another scrub of this store is at work', {
    reason: 'scrub_running',
    hint: 'see `wan models locks` for who it is; it goes on by itself',
  });
