/** Which of the models that nobody holds are to go: by age, by version, by size. Pure. */
import type { GcKeep, GcRule } from '../../domain/gc.ts';
import type { ScannedSnapshot } from '../../store/scan-store.ts';
import { compareVersions } from '../../util/compare-versions.ts';
import type { GcRules } from './gc-rules.ts';
import { idleMs } from './judge-model.ts';
import type { UniqueBytes } from './unique-bytes.ts';

/** Directory -> why it goes. */
export type Choice = Map<string, GcRule>;

/** Longest unused first. */
export const byLastUse = (snapshots: readonly ScannedSnapshot[], rules: GcRules): ScannedSnapshot[] =>
  snapshots.toSorted((a, b) => idleMs(b, rules) - idleMs(a, rules) || (a.label < b.label ? -1 : 1));

/** Models whose version is among the newest that are here, by directory. */
export function newestVersions(snapshots: readonly ScannedSnapshot[], keepLast: number | undefined): ReadonlySet<string> {
  if (keepLast === undefined) return new Set();
  const groups = Map.groupBy(snapshots, ({ family, ref }) => `${family}/${ref.modelId.split('@')[0]}`);
  const newest = [...groups.values()].flatMap((group) => {
    const versions = [...new Set(group.map(versionOf))].sort(compareVersions).slice(-keepLast);
    return group.filter((snapshot) => versions.includes(versionOf(snapshot)));
  });
  return new Set(newest.map(({ directory }) => directory));
}

const versionOf = ({ ref }: ScannedSnapshot): string => ref.modelId.split('@')[1] ?? '';

/** By age and version: each model for itself. */
export function chooseEach(eligible: readonly ScannedSnapshot[], rules: GcRules): Choice {
  const { olderThanMs, maxAgeMs, keepLast, maxSizeBytes, need } = rules;
  const isKeepLastAlone = keepLast !== undefined && olderThanMs === undefined && maxSizeBytes === undefined && need === undefined;
  const ruleFor = (snapshot: ScannedSnapshot): GcRule | undefined => {
    const idle = idleMs(snapshot, rules);
    if (olderThanMs !== undefined && idle >= olderThanMs) return 'older_than';
    if (maxAgeMs !== undefined && idle >= maxAgeMs && rules.inManifest(snapshot)) return 'max_age';
    return isKeepLastAlone ? 'keep_last' : undefined;
  };
  return new Map(
    eligible.flatMap((snapshot): [string, GcRule][] => {
      const rule = ruleFor(snapshot);
      return rule === undefined ? [] : [[snapshot.directory, rule]];
    }),
  );
}

export interface SizeLimit {
  readonly rule: Extract<GcRule, 'max_size' | 'free'>;
  /** Counted over the models that the limit is for; those that go are taken out of it. */
  readonly bytes: UniqueBytes;
  readonly limitBytes: number;
}

/**
 * Adds to the choice, longest unused first, until the limit is kept. Then those that did not help go back, last used first: a model whose
 * bytes others count on frees nothing by itself.
 * @param eligible longest unused first
 */
export function chooseBySize(eligible: readonly ScannedSnapshot[], choice: Choice, { rule, bytes, limitBytes }: SizeLimit): void {
  const added: ScannedSnapshot[] = [];
  for (const snapshot of eligible) {
    if (bytes.totalBytes <= limitBytes) break;
    if (choice.has(snapshot.directory)) continue;
    bytes.remove(snapshot);
    added.push(snapshot);
  }
  const reachedBytes = Math.max(limitBytes, bytes.totalBytes);
  for (const snapshot of added.toReversed()) {
    bytes.add(snapshot);
    if (bytes.totalBytes <= reachedBytes) continue;
    bytes.remove(snapshot);
    choice.set(snapshot.directory, rule);
  }
}

/** Why one that nobody holds stays all the same. */
export function stays(
  snapshot: ScannedSnapshot,
  newest: ReadonlySet<string>,
  rules: GcRules,
): { readonly reason: GcKeep; readonly why: string } {
  if (newest.has(snapshot.directory)) return { reason: 'newest', why: 'among the newest versions' };
  if (rules.inManifest(snapshot)) return { reason: 'not_asked', why: 'no rule asks for it' };
  return { reason: 'not_in_manifest', why: 'not in the manifest: goes only by age or size' };
}
