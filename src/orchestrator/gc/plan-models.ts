/** The models of a plan. Pure. */
import type { GcItem, GcModel, GcTarget } from '../../domain/gc.ts';
import type { BlobTable } from '../../store/blob-table.ts';
import type { ScannedSnapshot, ScannedTrash, StoreScan } from '../../store/scan-store.ts';
import { byLastUse, type Choice, chooseBySize, chooseEach, newestVersions, stays } from './choose-models.ts';
import { type GcRules, heldBlobs, isPurging, skipsTrash } from './gc-rules.ts';
import { type Kept, keeperOf, usePhrase } from './judge-model.ts';
import { UniqueBytes } from './unique-bytes.ts';

export interface ModelPlan {
  /** Now, or into the trash. */
  readonly removed: readonly GcItem[];
  readonly kept: readonly GcItem[];
  readonly targets: readonly GcTarget[];
  readonly keepBytes: number;
}

export interface Beside {
  readonly relative: (path: string) => string;
  /** What is freed beside models, and serves who asks for room; it is of no use to the quota of a family. */
  readonly debrisBytes: number;
  /** Kept in the trash: it goes on counting on its bytes. */
  readonly trash: readonly ScannedTrash[];
}

export const NO_ROOM_IN_TRASH = 'not kept in the trash, since the volume is short of space';

export function planModels(scan: StoreScan, rules: GcRules, { relative, debrisBytes, trash }: Beside): ModelPlan {
  const { blobs } = scan;
  const ordered = byLastUse(scan.snapshots, rules);
  const keepers = new Map(ordered.map((snapshot) => [snapshot.directory, keeperOf(snapshot, scan, rules)]));
  const newest = newestVersions(ordered, rules.keepLast);
  const eligible = ordered.filter(({ directory }) => keepers.get(directory) === undefined && !newest.has(directory));
  const choice = chooseEach(eligible, rules);
  const held = heldBlobs(scan, rules);
  chooseToFit(ordered, eligible, { blobs, choice, rules, debrisBytes, held });
  const left = new UniqueBytes(blobs, [...ordered, ...trash], held);
  const goes = skipsTrash(rules) ? { action: 'remove' as const } : { action: 'trash' as const, expiresMs: rules.nowMs + rules.trashTtlMs };
  const notKept = rules.isVolumeShort && !isPurging(rules) ? [NO_ROOM_IN_TRASH] : [];
  const itemOf = (snapshot: ScannedSnapshot, rest: Pick<GcItem, 'bytes' | 'action' | 'reason' | 'why' | 'expiresMs'>): GcItem => ({
    kind: 'model',
    what: snapshot.label,
    path: relative(snapshot.directory),
    ownBytes: snapshot.ownBytes,
    ...rest,
    model: modelOf(blobs, snapshot, rules),
  });
  const removed = ordered.flatMap((snapshot) => {
    const rule = choice.get(snapshot.directory);
    if (rule === undefined) return [];
    const why = [usePhrase(snapshot, rules), ...(rules.inManifest(snapshot) ? [] : ['not in the manifest']), ...notKept].join(', ');
    return [itemOf(snapshot, { bytes: left.remove(snapshot), ...goes, reason: rule, why })];
  });
  const staying = ordered.filter(({ directory }) => !choice.has(directory));
  const shares = new UniqueBytes(blobs, [...staying, ...trash]);
  const kept = staying.map((snapshot) => {
    const keeper: Kept = keepers.get(snapshot.directory) ?? stays(snapshot, newest, rules);
    return itemOf(snapshot, { bytes: shares.aloneIn(snapshot), action: 'keep', ...keeper });
  });
  const freedBytes = removed.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    removed,
    kept,
    targets: targetsOf(ordered, { blobs, choice, rules, held, freedBytes: freedBytes + debrisBytes }),
    keepBytes: (trash.length === 0 ? shares : new UniqueBytes(blobs, staying)).totalBytes,
  };
}

interface Fitting {
  readonly blobs: BlobTable;
  readonly choice: Choice;
  readonly rules: GcRules;
  readonly debrisBytes: number;
  /** Numbers of blobs that stay, whichever models go. */
  readonly held: ReadonlySet<number>;
}

/** First to the size that was asked for, then to the free space. */
function chooseToFit(all: readonly ScannedSnapshot[], eligible: readonly ScannedSnapshot[], fitting: Fitting): void {
  const { choice, rules, debrisBytes } = fitting;
  const { maxSizeBytes, need } = rules;
  if (maxSizeBytes !== undefined) {
    const bytes = leftOf(measured(all, rules), fitting);
    chooseBySize(eligible, choice, { rule: 'max_size', bytes, limitBytes: maxSizeBytes });
  }
  if (need !== undefined) {
    const bytes = leftOf(all, fitting);
    const wantedBytes = need.bytes - debrisBytes - (new UniqueBytes(fitting.blobs, all, fitting.held).totalBytes - bytes.totalBytes);
    chooseBySize(eligible, choice, { rule: 'free', bytes, limitBytes: bytes.totalBytes - Math.max(0, wantedBytes) });
  }
}

const measured = (all: readonly ScannedSnapshot[], { family }: GcRules): readonly ScannedSnapshot[] =>
  family === undefined ? all : all.filter((snapshot) => snapshot.family === family);

function leftOf(snapshots: readonly ScannedSnapshot[], { blobs, choice, held }: Pick<Fitting, 'blobs' | 'choice' | 'held'>): UniqueBytes {
  const left = new UniqueBytes(blobs, snapshots, held);
  for (const snapshot of snapshots) if (choice.has(snapshot.directory)) left.remove(snapshot);
  return left;
}

interface Reached extends Omit<Fitting, 'debrisBytes'> {
  readonly freedBytes: number;
}

function targetsOf(all: readonly ScannedSnapshot[], { blobs, choice, rules, held, freedBytes }: Reached): GcTarget[] {
  const { maxSizeBytes, need } = rules;
  const targets: GcTarget[] = [];
  if (maxSizeBytes !== undefined) {
    const reachedBytes = leftOf(measured(all, rules), { blobs, choice, held }).totalBytes;
    targets.push({ kind: 'max_size', wantedBytes: maxSizeBytes, reachedBytes, shortBytes: Math.max(0, reachedBytes - maxSizeBytes) });
  }
  if (need !== undefined) {
    const { kind, bytes, freeBytes } = need;
    const shortBytes = Math.max(0, bytes - freedBytes);
    targets.push({ kind, wantedBytes: freeBytes + bytes, reachedBytes: freeBytes + freedBytes, shortBytes });
  }
  return targets;
}

const modelOf = (blobs: BlobTable, snapshot: ScannedSnapshot, rules: GcRules): GcModel => ({
  family: snapshot.family,
  ref: snapshot.ref,
  inManifest: rules.inManifest(snapshot),
  totalBytes: blobs.sumOf(snapshot.files.blobs),
  lastUsedMs: snapshot.lastUsedMs,
  generation: snapshot.generation,
});
