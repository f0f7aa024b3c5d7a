/** Whether somebody holds a model that is about to be removed. */
import { describeHolder } from '../domain/describe-holder.ts';
import { ModelError } from '../domain/errors.ts';
import type { ModelLease, StoredPin } from '../domain/holds.ts';
import type { StoreContext } from '../store/context.ts';
import { type LiveLeases, liveLeases } from '../store/leases.ts';
import { isHolding, readPin } from '../store/pins.ts';
import { minuteOf } from '../util/minute-of.ts';
import type { NamedPlace } from './named-place.ts';

/**
 * Call under the state lock, right before the removal: pins and leases begin under it.
 * @throws ModelError CONCURRENT_MODIFICATION, reason model_leased or model_pinned
 */
export async function assertRemovable(store: StoreContext, { name, label }: Pick<NamedPlace, 'name' | 'label'>): Promise<void> {
  const pin = readPin(store, name);
  if (pin !== undefined && isHolding(pin)) throw pinned(label, pin);
  const leases = await liveLeases(store);
  const [lease] = leases.byName.get(name) ?? [];
  if (lease !== undefined || leases.unreadable > 0) throw leased(label, lease, leases);
}

/** Who and why, in one phrase. */
export function pinPhrase({ state, pin }: StoredPin): string {
  if (pin === undefined || state === 'unreadable') return 'pinned, by a record that cannot be read';
  const until = pin.until === undefined ? '' : ` until ${minuteOf(pin.until)}`;
  return `pinned by ${pin.by} on ${pin.pinnedAt.slice(0, 10)}${until}${pin.reason === undefined ? '' : `: ${pin.reason}`}`;
}

/** `since` and the command are what tells two runs of one program apart. */
export const leasePhrase = (lease: ModelLease | undefined): string =>
  lease === undefined
    ? 'in use, by a lease that cannot be read'
    : `in use by ${describeHolder(lease.holder)} since ${minuteOf(lease.holder.since)}`;

const pinned = (label: string, pin: StoredPin): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `${label} is ${pinPhrase(pin)}`, {
    reason: 'model_pinned',
    retryable: false,
    hint: `\`wan models unpin ${label}\`, or remove it all the same with --force`,
    details: {
      model: label,
      ...(pin.pin && { by: pin.pin.by, pinned_at: pin.pin.pinnedAt }),
      ...(pin.pin?.until && { until: pin.pin.until }),
    },
  });

const leased = (label: string, lease: ModelLease | undefined, { byName }: LiveLeases): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `${label} is ${leasePhrase(lease)}`, {
    reason: 'model_leased',
    hint: 'wait until it has ended, or remove it all the same with --force',
    details: {
      model: label,
      holders: [...byName.values()]
        .flat()
        .filter((one) => one === lease)
        .map(({ holder }) => ({ pid: holder.pid, host: holder.host, since: holder.since, command: holder.doing })),
    },
  });
