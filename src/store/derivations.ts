/** What was made of which inputs, so that it is found again without making it: see docs/store-format.md, "Derived files". */
import { hash } from 'node:crypto';
import type { Derived } from '../domain/derived.ts';
import { parseSha256, type Sha256 } from '../domain/digest.ts';
import type { StoreContext } from './context.ts';
import { readRecord, writeRecord } from './record.ts';

export interface DerivedOutput {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

interface DerivationRecord extends Derived {
  readonly sha256: string;
  readonly size: number;
}

/** Of lock, partial and record. */
export const derivationKey = ({ deriver, dtype, from }: Derived): string => `d-${hash('sha256', JSON.stringify([deriver, dtype, from]))}`;

export function readDerivation(context: StoreContext, derived: Derived): DerivedOutput | undefined {
  const record = readRecord<DerivationRecord>(pathOf(context, derived));
  const sha256 = record && parseSha256(record.sha256);
  return sha256 && { sha256, sizeBytes: record.size };
}

/** Call under the key's lock, with the output's blob committed. Lost, it costs a cast; hence durable. What only a pin says, or rests on one, is no record's: other models would believe it. */
export async function recordDerivation(context: StoreContext, derived: Derived, { sha256, sizeBytes }: DerivedOutput): Promise<void> {
  if (derived.pinned === true) return;
  const record: DerivationRecord = { ...derived, sha256, size: sizeBytes };
  await writeRecord(context, pathOf(context, derived), record, { durable: true });
}

const pathOf = (context: StoreContext, derived: Derived): string => context.resolver.stateFile('derived', derivationKey(derived));
