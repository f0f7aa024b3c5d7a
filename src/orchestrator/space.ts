/** Room for what an ensure will write: asked for before the first byte moves. */
import { ModelError } from '../domain/errors.ts';
import { freeBytes, type Reservation, reserve, reservedBytes } from '../store/reservations.ts';
import { withStateLock } from '../store/state-lock.ts';
import { formatBytes } from '../util/format-bytes.ts';
import type { Orchestration } from './orchestration.ts';

/**
 * Reserves `fetchBytes`, one asker at a time, so that two that fit alone but not together are told so at once.
 * @throws ModelError NO_SPACE with bytes_needed (margin included), bytes_available, shortfall.
 */
export async function reserveSpace(work: Orchestration, label: string, fetchBytes: number): Promise<Reservation> {
  return withStateLock(work.store, `reserve space for ${label}`, async () => {
    const others = await reservedBytes(work.store);
    checkSpace(work, { label, fetchBytes, othersBytes: others, freeBytes: freeBytes(work.store) });
    return reserve(work.store, fetchBytes);
  });
}

export interface SpaceQuestion {
  readonly label: string;
  readonly fetchBytes: number;
  /** Promised to other processes. */
  readonly othersBytes: number;
  readonly freeBytes: number;
}

function checkSpace(work: Orchestration, question: SpaceQuestion): void {
  const { label, fetchBytes, othersBytes } = question;
  if (fetchBytes === 0) return;
  const needed = fetchBytes + work.settings.safetyMarginBytes;
  const available = Math.max(0, question.freeBytes - othersBytes);
  if (needed <= available) return;
  const shortfall = needed - available;
  throw new ModelError(
    'NO_SPACE',
    `${label} needs ${formatBytes(needed)} (${formatBytes(work.settings.safetyMarginBytes)} safety margin included), ${formatBytes(available)} are available: ${formatBytes(shortfall)} short`,
    {
      hint: `free ${formatBytes(shortfall)} with \`wan models gc\` or otherwise, then run the same command again`,
      details: {
        bytes_needed: needed,
        bytes_available: available,
        shortfall,
        safety_margin: work.settings.safetyMarginBytes,
        reserved_by_others: othersBytes,
        path: work.store.resolver.root,
      },
    },
  );
}

/** A disk that filled up while we wrote: the same numbers, with what is still to come. */
export function ranOutOfSpace(work: Orchestration, label: string, remainingBytes: number, cause: ModelError): ModelError {
  const available = freeBytes(work.store);
  const shortfall = Math.max(0, remainingBytes + work.settings.safetyMarginBytes - available);
  return new ModelError(
    'NO_SPACE',
    `${label}: the disk filled up with ${formatBytes(remainingBytes)} still to write (${formatBytes(available)} free); what was fetched is kept`,
    {
      hint: `free ${formatBytes(shortfall)} with \`wan models gc\` or otherwise, then run the same command again: it goes on where it stopped`,
      cause,
      attempts: cause.attempts,
      details: {
        bytes_needed: remainingBytes + work.settings.safetyMarginBytes,
        bytes_available: available,
        shortfall,
        path: work.store.resolver.root,
      },
    },
  );
}
