/** What is needed against what there is. Pure. */
import type { QuotaVerdict, Reclaimable, SpaceVerdict } from '../domain/space.ts';
import type { Promised } from '../store/reservations.ts';
import { totalUsage, usageBy, usageByClass } from '../store/usage-sums.ts';
import type { UsageScan } from '../store/usage-types.ts';
import { sum } from '../util/sum.ts';
import type { Needs } from './needs.ts';

export interface Quotas {
  readonly totalBytes?: number | undefined;
  readonly familyBytes?: number | undefined;
}

export interface Circumstances {
  readonly freeBytes: number;
  readonly marginBytes: number;
  readonly quotas: Quotas;
  /** To other commands at work. */
  readonly promised: Promised;
  readonly secondNamesCost: boolean;
  /** There where a quota is configured. */
  readonly scan?: UsageScan;
}

export function spaceVerdict(needs: readonly Needs[], circumstances: Circumstances): SpaceVerdict {
  const { freeBytes, marginBytes, promised, secondNamesCost } = circumstances;
  const secondCopyBytes = secondNamesCost ? sum(needs.map(({ namedBytes }) => namedBytes)) : 0;
  const writeBytes = distinct(needs, ({ writeBytes: bytes }) => bytes) + secondCopyBytes;
  const neededBytes = writeBytes === 0 ? 0 : writeBytes + marginBytes;
  return {
    writeBytes,
    secondCopyBytes,
    marginBytes,
    neededBytes,
    freeBytes,
    reservedBytes: promised.bytes,
    shortfallBytes: writeBytes === 0 ? 0 : Math.max(0, neededBytes - Math.max(0, freeBytes - promised.bytes)),
    quotas: quotaVerdicts(needs, writeBytes, circumstances),
  };
}

/** What the reservation of such a verdict says. */
export const promiseOf = ({ writeBytes, quotas }: SpaceVerdict): Promised => ({
  bytes: writeBytes,
  families: Object.fromEntries(quotas.flatMap(({ family, neededBytes }) => (family === undefined ? [] : [[family, neededBytes]]))),
});

/** Of the same content the most that anybody needs. */
function distinct(needs: readonly Needs[], bytesOf: (need: Needs['contents'][number]) => number): number {
  const byKey = new Map<string, number>();
  for (const need of needs.flatMap(({ contents }) => contents)) byKey.set(need.key, Math.max(byKey.get(need.key) ?? 0, bytesOf(need)));
  return sum([...byKey.values()]);
}

function quotaVerdicts(
  needs: readonly Needs[],
  writeBytes: number,
  { scan, quotas, promised, secondNamesCost }: Circumstances,
): QuotaVerdict[] {
  if (scan === undefined) return [];
  const verdicts: QuotaVerdict[] = [];
  if (quotas.totalBytes !== undefined) {
    const usedBytes = totalUsage(scan).diskBytes;
    verdicts.push(
      judged({ scope: 'total', quotaBytes: quotas.totalBytes, usedBytes, reservedBytes: promised.bytes, neededBytes: writeBytes }),
    );
  }
  if (quotas.familyBytes === undefined) return verdicts;
  const used = new Map(usageBy(scan, ({ model }) => scan.models[model]?.family).map(({ name, diskBytes }) => [name, diskBytes]));
  for (const [family, ofFamily] of Map.groupBy(needs, (one) => one.family)) {
    if (family === '') continue;
    verdicts.push(
      judged({
        scope: 'family',
        family,
        quotaBytes: quotas.familyBytes,
        usedBytes: used.get(family) ?? 0,
        reservedBytes: promised.families[family] ?? 0,
        neededBytes: familyGain(scan, family, ofFamily) + (secondNamesCost ? sum(ofFamily.map(({ namedBytes }) => namedBytes)) : 0),
      }),
    );
  }
  return verdicts;
}

function judged(quota: Omit<QuotaVerdict, 'shortfallBytes'>): QuotaVerdict {
  const { quotaBytes, usedBytes, reservedBytes, neededBytes } = quota;
  return { ...quota, shortfallBytes: neededBytes === 0 ? 0 : Math.max(0, usedBytes + reservedBytes + neededBytes - quotaBytes) };
}

/** What the family's models will name and none of them does yet: bytes that other families hold count, too. */
function familyGain({ models }: UsageScan, family: string, needs: readonly Needs[]): number {
  const ofFamily = models.filter((model) => model.family === family);
  const held = new Set<string>(ofFamily.flatMap(({ digests }) => digests));
  return distinct(needs, ({ key, isNew, sizeBytes }) => (isNew && !held.has(key) ? sizeBytes : 0));
}

/** @param family where only its quota is short: then only its models make room */
export function reclaimableIn(scan: UsageScan, needs: readonly Needs[], family?: string): Reclaimable {
  const classes = new Map(usageByClass(scan).map(({ byteClass, diskBytes }) => [byteClass, diskBytes]));
  const wanted = new Set(needs.map(({ directory }) => directory));
  const models = usageBy(scan, ({ model }) => String(model)).filter(({ name }) => {
    const model = scan.models[Number(name)];
    return model !== undefined && !model.isPinned && !wanted.has(model.directory) && (family === undefined || model.family === family);
  });
  const loose = (byteClass: 'orphan' | 'trash' | 'quarantine') => (family === undefined ? (classes.get(byteClass) ?? 0) : 0);
  return {
    orphanBytes: loose('orphan'),
    trashBytes: loose('trash'),
    quarantineBytes: loose('quarantine'),
    modelBytes: sum(models.map(({ uniqueBytes }) => uniqueBytes)),
  };
}
