/** What lies in tiers, added up from records alone. */
import type { TieredBlob, TierSum } from '../domain/tiers.ts';
import type { ColdRecord } from '../store/tier-records.ts';
import { sum } from '../util/sum.ts';

/** @param name of the tier */
export function tierSum(records: readonly ColdRecord[], name: string): TierSum {
  const own = records.filter(({ tier }) => tier === name);
  const blobs = uniqueBlobs(own);
  return { name, modelCount: own.length, totalBytes: sum(blobs.map(({ sizeBytes }) => sizeBytes)), storedBytes: storedBytesOf(own) };
}

/** By name; also of tiers that the configuration has no more. */
export const tierSums = (records: readonly ColdRecord[]): TierSum[] =>
  [...new Set(records.map(({ tier }) => tier))].sort().map((name) => tierSum(records, name));

export const storedBytesOf = (records: readonly ColdRecord[]): number => sum(uniqueBlobs(records).map(({ storedBytes }) => storedBytes));

const uniqueBlobs = (records: readonly ColdRecord[]): TieredBlob[] => [
  ...new Map(records.flatMap(({ blobs }) => blobs).map((blob) => [blob.digest, blob])).values(),
];
