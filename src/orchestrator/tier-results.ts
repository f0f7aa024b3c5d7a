/** What the verbs of tiers say of what they did. */
import { ModelError } from '../domain/errors.ts';
import type { MovedBlob, TieredBlob, TierMove } from '../domain/tiers.ts';
import type { ColdRecord } from '../store/tier-records.ts';
import { sum } from '../util/sum.ts';
import type { Target } from './target.ts';

export function sumsOf(blobs: readonly MovedBlob[]): Pick<TierMove, 'totalBytes' | 'storedBytes' | 'writtenBytes'> {
  return {
    totalBytes: sum(blobs.map(({ sizeBytes }) => sizeBytes)),
    storedBytes: sum(blobs.map(({ storedBytes }) => storedBytes)),
    writtenBytes: sum(blobs.map(({ action, storedBytes }) => (action === 'write' ? storedBytes : 0))),
  };
}

export const pathsOf = ({ snapshot }: ColdRecord, { digest }: TieredBlob): string[] =>
  snapshot.files.filter(({ sha256 }) => sha256 === digest).map(({ path }) => path);

export const elsewhere = ({ label }: Pick<Target, 'label'>, { tier }: ColdRecord): ModelError =>
  new ModelError('INVALID_INPUT', `a copy of ${label} lies in the tier ${tier}`, {
    reason: 'tier_elsewhere',
    hint: `run \`wan models tier move ${label} --to fast\` first: it brings the model back, and clears that tier`,
    details: { tier },
  });
