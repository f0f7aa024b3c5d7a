/** Leases: who uses a model right now. Begun under the state lock, under which removers look; they die with their holder. */
import { hostname } from 'node:os';
import type { ModelLease } from '../domain/holds.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import { bootId } from '../util/boot-id.ts';
import type { StoreContext } from './context.ts';
import { beginLiving, type LivingRecord, livingRecords } from './living-records.ts';
import { withStateLock } from './state-lock.ts';

interface LeaseRecord {
  readonly family: string;
  readonly ref: CanonicalRef;
  readonly pid: number;
  readonly host: string;
  readonly boot_id: string;
  readonly since: string;
  readonly command: string;
}

export interface LeaseRequest {
  readonly family: string;
  readonly ref: CanonicalRef;
  /** What uses the model: told to whoever wants to remove it. */
  readonly command: string;
}

/** From here on the model is removed by nobody but who is told to force it; look at it after that. */
export function beginLease(context: StoreContext, { family, ref, command }: LeaseRequest): Promise<LivingRecord> {
  const since = new Date(context.clock.now()).toISOString();
  const record: LeaseRecord = { family, ref, pid: process.pid, host: hostname(), boot_id: bootId(), since, command };
  return withStateLock(context, `lease ${ref.modelId}`, () => beginLiving(context, 'leases', record));
}

/** Those whose holder lives, by the model's `refName`; `unreadable` ones may be of any model. */
export interface LiveLeases {
  readonly byName: ReadonlyMap<string, readonly ModelLease[]>;
  readonly unreadable: number;
}

export async function liveLeases(context: StoreContext): Promise<LiveLeases> {
  const records = await livingRecords<LeaseRecord>(context, 'leases');
  const leases = records.flatMap((lines) => (lines === undefined ? [] : [fromRecord(lines[0])]));
  const byName = Map.groupBy(leases, ({ family, ref }) => context.resolver.refName(family, ref));
  return { byName, unreadable: records.length - leases.length };
}

const fromRecord = ({ family, ref, pid, host, boot_id: boot, since, command }: LeaseRecord): ModelLease => ({
  family,
  ref,
  holder: { pid, host, bootId: boot, since, doing: command },
});
