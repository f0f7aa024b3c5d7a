import { hash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '../../domain/digest.ts';
import type { GcItem, GcPlan } from '../../domain/gc.ts';
import type { StoredPin } from '../../domain/holds.ts';
import { BlobTable } from '../../store/blob-table.ts';
import type { ScannedEntry, ScannedSnapshot, ScannedTrash, StoreScan } from '../../store/scan-store.ts';
import type { ScannedFiles } from '../../store/scanned-files.ts';
import type { GcRules } from './gc-rules.ts';
import { planGc } from './plan-gc.ts';

const NOW = Date.UTC(2026, 10, 27);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Model {
  readonly id: string;
  readonly idleMs: number;
  /** Name of the bytes -> size. */
  readonly files: Readonly<Record<string, number>>;
  readonly family?: string;
}

/** Of one test. */
let blobs = new BlobTable();
beforeEach(() => {
  blobs = new BlobTable();
});
const blob = (name: string, sizeBytes: number): number => blobs.add(sha256Of(hash('sha256', name)), sizeBytes);

const filesOf = (files: Model['files']): ScannedFiles => ({
  blobs: Uint32Array.from(Object.entries(files), ([name, sizeBytes]) => blob(name, sizeBytes)),
  inos: BigUint64Array.from(Object.keys(files), (_, at) => BigInt(at)),
  nameCounts: Uint32Array.from(Object.keys(files), () => 1),
});

const snapshot = ({ id, idleMs, files, family = 'wan22' }: Model): ScannedSnapshot => ({
  directory: `/models/${family}/${id}`,
  family,
  ref: { modelId: id },
  label: id,
  name: `${family}@${id}`,
  generation: 'g',
  lastUsedMs: NOW - idleMs,
  ownBytes: 0,
  files: filesOf(files),
});

const EMPTY: Omit<StoreScan, 'blobs'> = {
  snapshots: [],
  unreadable: [],
  foreign: [],
  orphans: [],
  partials: [],
  stagings: [],
  records: [],
  trash: [],
  keptTrash: [],
  quarantine: [],
  pins: new Map(),
  leases: { byName: new Map(), unreadable: 0 },
  awaited: [],
  ensuring: new Set(),
  intended: new Set(),
  uploading: new Set(),
  linkedElsewhere: new Set(),
};

function plan(models: readonly Model[], rules: Partial<GcRules> = {}, scan: Partial<StoreScan> = {}): GcPlan {
  const view = {
    scan: { ...EMPTY, blobs, snapshots: models.map(snapshot), ...scan },
    inUse: { looked: true, hiddenProcesses: 0 },
    relative: (path: string) => path.replace('/models/', ''),
  };
  return planGc(view, {
    nowMs: NOW,
    graceMs: HOUR,
    isAutomatic: false,
    purge: true,
    isVolumeShort: false,
    trashTtlMs: DAY,
    quarantine: false,
    inManifest: () => true,
    isOnlyCopy: () => false,
    openBy: () => undefined,
    wanted: new Set(),
    ...rules,
  });
}

const gone = ({ items }: GcPlan): string[] => items.filter(({ action }) => action === 'remove').map(({ what }) => what);
const kept = ({ items }: GcPlan): [string, string][] =>
  items.filter(({ action }) => action === 'keep').map(({ what, reason }) => [what, reason]);
const byWhat = ({ items }: GcPlan, what: string): GcItem | undefined => items.find((item) => item.what === what);

const OLD: Model = { id: 'old@1.0.0', idleMs: 40 * DAY, files: { a: 100 } };
const MID: Model = { id: 'mid@1.0.0', idleMs: 20 * DAY, files: { b: 100 } };
const NEW: Model = { id: 'new@1.0.0', idleMs: 2 * HOUR, files: { c: 100 } };

describe('a plan', () => {
  it('without a rule removes no model, and says why each stays', () => {
    const found = plan([OLD, NEW]);
    expect(gone(found)).toEqual([]);
    expect(kept(found)).toEqual([
      ['old@1.0.0', 'not_asked'],
      ['new@1.0.0', 'not_asked'],
    ]);
    expect(found).toMatchObject({ removeBytes: 0, keepBytes: 200 });
  });

  it('by age takes those that were not used for so long', () => {
    const found = plan([NEW, MID, OLD], { olderThanMs: 30 * DAY });
    expect(gone(found)).toEqual(['old@1.0.0']);
    expect(byWhat(found, 'old@1.0.0')).toMatchObject({ reason: 'older_than', bytes: 100, why: 'not used for 40 d' });
  });

  it('by size takes the longest unused first, and no more than needed', () => {
    const found = plan([NEW, OLD, MID], { maxSizeBytes: 250 });
    expect(gone(found)).toEqual(['old@1.0.0']);
    expect(found.targets).toEqual([{ kind: 'max_size', wantedBytes: 250, reachedBytes: 200, shortBytes: 0 }]);
    expect(gone(plan([NEW, OLD, MID], { maxSizeBytes: 199 }))).toEqual(['old@1.0.0', 'mid@1.0.0']);
    expect(gone(plan([NEW, OLD, MID], { maxSizeBytes: 300 }))).toEqual([]);
  });

  it('counts bytes that several models share once, and leaves a model alone whose removal frees nothing', () => {
    const shared = { t: 1000 };
    const models = [
      { ...OLD, files: { ...shared } },
      { ...MID, files: { ...shared, b: 100 } },
      { ...NEW, files: { ...shared, c: 50 } },
    ];
    const found = plan(models, { maxSizeBytes: 1060 });
    expect(gone(found)).toEqual(['mid@1.0.0']);
    expect(byWhat(found, 'mid@1.0.0')).toMatchObject({ bytes: 100, model: { totalBytes: 1100 } });
    expect(found).toMatchObject({ removeBytes: 100, keepBytes: 1050 });
  });

  it('takes all that share bytes where only together they free them', () => {
    const models = [
      { ...OLD, files: { t: 1000 } },
      { ...MID, files: { t: 1000 } },
    ];
    const found = plan([...models, NEW], { maxSizeBytes: 100 });
    expect(gone(found)).toEqual(['old@1.0.0', 'mid@1.0.0']);
    expect(found.items.map(({ bytes }) => bytes)).toEqual([0, 1000, 100]);
  });

  it('says by how much a size cannot be reached, and takes all that helps', () => {
    const pins = new Map<string, StoredPin>([['wan22@old@1.0.0', { name: 'wan22@old@1.0.0', state: 'unreadable' }]]);
    const found = plan([OLD, MID, NEW], { maxSizeBytes: 50 }, { pins });
    expect(gone(found)).toEqual(['mid@1.0.0', 'new@1.0.0']);
    expect(found.targets).toMatchObject([{ reachedBytes: 100, shortBytes: 50 }]);
  });

  it('counts on no bytes that an ensure at work holds: a model that shares them is not removed in vain', () => {
    const old = { ...OLD, files: { t: 500, a: 300 } };
    const need = { bytes: 400, kind: 'need', freeBytes: 0, isOfVolume: false } as const;
    expect(plan([old], { need }).targets).toMatchObject([{ reachedBytes: 800, shortBytes: 0 }]);
    const scan = { intended: new Set([sha256Of(hash('sha256', 't'))]) };
    const found = plan([old, MID], { need }, scan);
    expect(found.targets).toMatchObject([{ reachedBytes: 400, shortBytes: 0 }]);
    expect(found.items.map(({ what, bytes }) => [what, bytes])).toEqual([
      ['old@1.0.0', 300],
      ['mid@1.0.0', 100],
    ]);
    expect(plan([old], { need }, scan).targets).toMatchObject([{ reachedBytes: 300, shortBytes: 100 }]);
  });

  it('for room on the volume takes no model whose bytes have names elsewhere; a quota counts them', () => {
    const scan = { linkedElsewhere: new Set([blob('a', 100)]) };
    const need = { bytes: 100, kind: 'need', freeBytes: 0 } as const;
    expect(gone(plan([OLD, MID], { need: { ...need, isOfVolume: true } }, scan))).toEqual(['mid@1.0.0']);
    expect(gone(plan([OLD, MID], { need: { ...need, isOfVolume: false } }, scan))).toEqual(['old@1.0.0']);
  });

  it('for free space counts what debris gives back first', () => {
    const orphan = { digest: sha256Of(hash('sha256', 'o')), path: '/models/.blobs/o', bytes: 60, changedMs: NOW - 2 * HOUR };
    const need = { bytes: 150, kind: 'free', freeBytes: 10, isOfVolume: true } as const;
    expect(gone(plan([OLD, MID], { need }, { orphans: [orphan] }))).toEqual(['old@1.0.0', orphan.digest]);
    expect(gone(plan([OLD, MID], { need: { ...need, bytes: 60 } }, { orphans: [orphan] }))).toEqual([orphan.digest]);
    const missed = plan([OLD, MID], { need: { ...need, bytes: 1000 } });
    expect(missed.targets).toEqual([{ kind: 'free', wantedBytes: 1010, reachedBytes: 210, shortBytes: 800 }]);
  });

  it('of one family leaves the others alone, and measures that family', () => {
    const other = { ...OLD, id: 'other@1.0.0', family: 'flux' };
    const found = plan([OLD, MID, other], { family: 'wan22', maxSizeBytes: 100 });
    expect(gone(found)).toEqual(['old@1.0.0']);
    expect(byWhat(found, 'other@1.0.0')).toMatchObject({ reason: 'not_asked', why: 'of the family flux' });
  });

  const inTrash = (id: string, family: string): ScannedTrash => ({
    family,
    path: `/models/.trash/${id}`,
    label: id,
    expiresMs: NOW + DAY,
    isExpired: false,
    ownBytes: 0,
    files: snapshot({ ...OLD, id, files: { [id]: 500 } }).files,
  });

  it('for the quota of a family purges no trash and no debris, which count for none: only its models help', () => {
    const entry: ScannedEntry = { path: '/models/x', bytes: 900, changedMs: NOW - DAY };
    const scan = {
      keptTrash: [inTrash('gone@1.0.0', 'wan22')],
      orphans: [{ ...entry, digest: sha256Of(hash('sha256', 'o')) }],
      partials: [{ ...entry, key: 'p', isLive: false }],
    };
    const need = { bytes: 100, kind: 'need', freeBytes: 0, isOfVolume: false } as const;
    expect(gone(plan([OLD, MID], { need, isAutomatic: true, family: 'wan22' }, scan))).toEqual(['old@1.0.0']);
    expect(gone(plan([OLD, MID], { need, isAutomatic: true }, scan))).toHaveLength(3);
  });

  it('purges the trash of the family alone that is asked for', () => {
    const scan = { keptTrash: [inTrash('a@1.0.0', 'wan22'), inTrash('b@1.0.0', 'flux')] };
    expect(gone(plan([], { family: 'wan22' }, scan))).toEqual(['a@1.0.0']);
    expect(gone(plan([], {}, scan))).toEqual(['a@1.0.0', 'b@1.0.0']);
  });

  it('keeps the newest versions of each model by their numbers, all variants of them', () => {
    const version = (text: string, idleMs: number): Model => ({ id: `m@${text}`, idleMs, files: { [text]: 10 } });
    const models = [version('1.9.0', HOUR), version('1.10.0', 30 * DAY), version('1.2.0', DAY), NEW];
    const found = plan(models, { keepLast: 1 });
    expect(gone(found)).toEqual(['m@1.2.0', 'm@1.9.0']);
    expect(kept(found)).toEqual([
      ['m@1.10.0', 'newest'],
      ['new@1.0.0', 'newest'],
    ]);
    expect(gone(plan(models, { keepLast: 1, olderThanMs: 12 * HOUR })), 'beside another rule it only spares').toEqual(['m@1.2.0']);
  });

  it('removes what the manifest does not name by age or size only, and says so', () => {
    const rules = { inManifest: ({ label }: ScannedSnapshot) => label !== 'old@1.0.0' };
    expect(byWhat(plan([OLD], rules), 'old@1.0.0')).toMatchObject({ action: 'keep', reason: 'not_in_manifest' });
    expect(gone(plan([OLD, MID], { ...rules, maxAgeMs: DAY }))).toEqual(['mid@1.0.0']);
    const found = plan([OLD, MID], { ...rules, olderThanMs: 30 * DAY });
    expect(byWhat(found, 'old@1.0.0')).toMatchObject({ action: 'remove', why: 'not used for 40 d, not in the manifest' });
  });

  it('spares what was used a short while ago where nobody asked by hand', () => {
    const fresh = { ...NEW, idleMs: HOUR / 2 };
    const need = { bytes: 1000, kind: 'need', freeBytes: 0, isOfVolume: true } as const;
    expect(gone(plan([fresh, OLD], { isAutomatic: true, need }))).toEqual(['old@1.0.0']);
    expect(gone(plan([fresh, OLD], { need }))).toEqual(['old@1.0.0', 'new@1.0.0']);
  });

  it('takes a last use that lies ahead for one just now: the clock was set back', () => {
    const ahead = { ...OLD, idleMs: -5 * DAY };
    expect(gone(plan([ahead, MID], { olderThanMs: DAY }))).toEqual(['mid@1.0.0']);
    expect(gone(plan([ahead, MID], { maxSizeBytes: 100 }))).toEqual(['mid@1.0.0']);
    const spared = plan([ahead], { isAutomatic: true, need: { bytes: 1, kind: 'need', freeBytes: 0, isOfVolume: true } });
    expect(byWhat(spared, 'old@1.0.0')).toMatchObject({ action: 'keep', reason: 'grace', why: 'not used for 0 ms' });
  });

  it.each<[string, string, Partial<StoreScan>, Partial<GcRules>]>([
    ['pinned', 'pinned', { pins: new Map([['wan22@old@1.0.0', { name: 'wan22@old@1.0.0', state: 'unreadable' }]]) }, {}],
    ['of a lease that cannot be read', 'leased', { leases: { byName: new Map(), unreadable: 1 } }, {}],
    ['ensured', 'at_work', { ensuring: new Set(['old@1.0.0']) }, {}],
    ['locked', 'at_work', { snapshots: [{ ...snapshot(OLD), atWork: 'somebody' }] }, {}],
    ['mapped', 'open', {}, { openBy: () => ({ pid: 7, program: 'python3', how: 'mapped' }) }],
  ])('keeps what is %s, whatever is asked for', (_, reason, scan, rules) => {
    const found = plan([OLD], { ...rules, olderThanMs: DAY, maxSizeBytes: 1, keepLast: 1 }, scan);
    expect(kept(found)).toEqual([['old@1.0.0', reason]]);
  });

  it('counts a pin no more that is over', () => {
    const pins = new Map<string, StoredPin>([['wan22@old@1.0.0', { name: 'wan22@old@1.0.0', state: 'expired' }]]);
    expect(gone(plan([OLD], { olderThanMs: DAY }, { pins }))).toEqual(['old@1.0.0']);
  });

  it('removes debris once it is old enough, but nothing that somebody writes, or a pinned model counts on', () => {
    const entry = (path: string, ageMs: number): ScannedEntry => ({ path: `/models/${path}`, bytes: 5, changedMs: NOW - ageMs });
    const partial = (key: string, ageMs: number, isLive = false) => ({ ...entry(`.tmp/${key}`, ageMs), key, isLive });
    const scan = {
      partials: [partial('dead', DAY), partial('young', 60_000), partial('live', DAY, true), partial('wanted', DAY)],
      stagings: [entry('.tmp/x.partial', 0)],
      quarantine: [entry('.quarantine/x', DAY)],
    };
    const found = plan([], { wanted: new Set(['wanted']) }, scan);
    expect(gone(found)).toEqual(['.tmp/x.partial', 'dead']);
    expect(kept(found)).toEqual([
      ['young', 'grace'],
      ['live', 'at_work'],
      ['wanted', 'counted_on'],
      ['.quarantine/x', 'not_asked'],
    ]);
    expect(gone(plan([], { quarantine: true }, scan))).toContain('.quarantine/x');
  });

  it('is refused while there is a model without a readable record', () => {
    const cannotRead = () => plan([OLD], { olderThanMs: DAY }, { unreadable: ['/models/wan22/torn@1.0.0'] });
    expect(cannotRead).toThrow(expect.objectContaining({ code: 'FILESYSTEM_ERROR', reason: 'gc_record_unreadable' }));
    expect(cannotRead).toThrow('wan22/torn@1.0.0 has no readable record');
  });
});
