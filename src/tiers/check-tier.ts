/** Every violation of what docs/store-format.md promises of a tier. Reads every byte: for tests, and for whoever asks. */

import type { StoreContext } from '../store/context.ts';
import { listCold } from '../store/tier-records.ts';
import type { Tier } from './tier.ts';
import { blobKey, type TierCall } from './tier-place.ts';

/** What this root believes of the tier, against what lies there. */
export async function checkTier(store: StoreContext, tier: Tier, call: TierCall): Promise<string[]> {
  const problems: string[] = [];
  const registered = await tier.ownRegistrations(call.signal);
  for (const record of listCold(store).filter(({ tierId }) => tierId === tier.id)) {
    const name = store.resolver.refName(record.family, record.snapshot.ref);
    const there = registered.find((one) => store.resolver.refName(one.record.family, one.record.snapshot.ref) === name);
    if (there?.state !== 'whole') problems.push(`${name} is known here, and ${there?.state ?? 'not registered'} there`);
    for (const blob of record.blobs) {
      const fault = await tier.place.faultOf(blob, call);
      if (fault !== undefined) problems.push(`${name}: ${blobKey(blob)}: ${fault}`);
    }
  }
  return problems;
}
