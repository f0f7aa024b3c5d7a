/** NO_SPACE and QUOTA_EXCEEDED with the numbers, and what helps. */
import { ModelError } from '../domain/errors.ts';
import type { QuotaVerdict, Reclaimable, SpaceVerdict } from '../domain/space.ts';
import { formatBytes } from '../util/format-bytes.ts';

export interface Shortage {
  readonly label: string;
  readonly verdict: SpaceVerdict;
  /** Absolute. */
  readonly root: string;
  /** Why garbage collection did not make room: `2 pinned (30 GiB)`; absent where it was not asked to. */
  readonly inTheWay?: string | undefined;
}

/** Of a verdict that says that something is short. */
export function shortageError({ verdict, ...shortage }: Shortage): ModelError {
  const quota = verdict.quotas.find(({ shortfallBytes }) => shortfallBytes > 0);
  return verdict.shortfallBytes === 0 && quota !== undefined
    ? quotaExceeded({ verdict, ...shortage }, quota)
    : noSpace({ verdict, ...shortage });
}

function noSpace({ label, verdict, root, inTheWay }: Shortage): ModelError {
  const { neededBytes, marginBytes, freeBytes, reservedBytes, shortfallBytes, secondCopyBytes } = verdict;
  const available = Math.max(0, freeBytes - reservedBytes);
  const included = [
    `${formatBytes(marginBytes)} safety margin`,
    ...(secondCopyBytes > 0 ? [`${formatBytes(secondCopyBytes)} second copies`] : []),
  ];
  const reserved = reservedBytes > 0 ? ` (${formatBytes(reservedBytes)} of ${formatBytes(freeBytes)} are reserved by other commands)` : '';
  return new ModelError(
    'NO_SPACE',
    `${label} needs ${formatBytes(neededBytes)} (${included.join(' and ')} included), ${formatBytes(available)} are available${reserved}: ${formatBytes(shortfallBytes)} short`,
    {
      hint: `free ${formatBytes(shortfallBytes)} with \`wan models gc\` or otherwise, then run the same command again${couldGo(verdict.reclaimable)}${kept(inTheWay)}`,
      details: {
        bytes_needed: neededBytes,
        bytes_available: available,
        shortfall: shortfallBytes,
        safety_margin: marginBytes,
        second_copies: secondCopyBytes,
        reserved_by_others: reservedBytes,
        path: root,
        ...(inTheWay !== undefined && { in_the_way: inTheWay }),
        ...reclaimableDetails(verdict.reclaimable),
      },
    },
  );
}

function quotaExceeded({ label, verdict, root, inTheWay }: Shortage, quota: QuotaVerdict): ModelError {
  const { scope, family, quotaBytes, usedBytes, reservedBytes, neededBytes, shortfallBytes } = quota;
  const key = scope === 'total' ? 'max_total_size' : 'max_family_size';
  const holder = family === undefined ? 'all models together' : `the family ${family}`;
  const reserved = reservedBytes > 0 ? `, ${formatBytes(reservedBytes)} more are reserved by other commands` : '';
  return new ModelError(
    'QUOTA_EXCEEDED',
    `${label} needs ${formatBytes(neededBytes)} more; ${holder} may take ${formatBytes(quotaBytes)} (${key}) and take ${formatBytes(usedBytes)}${reserved}: ${formatBytes(shortfallBytes)} over`,
    {
      reason: scope === 'total' ? 'quota_total' : 'quota_family',
      hint: `raise ${key}, or free ${formatBytes(shortfallBytes)} with \`wan models gc${family === undefined ? '' : ` --family ${family}`}\`${couldGo(verdict.reclaimable)}${kept(inTheWay)}`,
      details: {
        quota: quotaBytes,
        used: usedBytes,
        bytes_needed: neededBytes,
        shortfall: shortfallBytes,
        reserved_by_others: reservedBytes,
        config_key: key,
        ...(family !== undefined && { family }),
        path: root,
        ...(inTheWay !== undefined && { in_the_way: inTheWay }),
        ...reclaimableDetails(verdict.reclaimable),
      },
    },
  );
}

const kept = (inTheWay: string | undefined): string =>
  inTheWay === undefined ? '' : `; garbage collection could not free enough: ${inTheWay}`;

/** As `du` has it, in the words of its classes. */
export function couldGo(reclaimable: Reclaimable | undefined): string {
  if (reclaimable === undefined) return '';
  const { orphanBytes, trashBytes, quarantineBytes, modelBytes } = reclaimable;
  const parts = [
    [orphanBytes, 'orphans'],
    [trashBytes, 'trash'],
    [quarantineBytes, 'quarantine'],
    [modelBytes, 'models that are not pinned'],
  ] as const;
  const there = parts.filter(([bytes]) => bytes > 0).map(([bytes, what]) => `${formatBytes(bytes)} of ${what}`);
  return there.length === 0 ? '; `wan models du` finds nothing here that could go' : `; \`wan models du\` finds ${there.join(', ')}`;
}

export const reclaimableDetails = (reclaimable: Reclaimable | undefined): Readonly<Record<string, unknown>> =>
  reclaimable === undefined
    ? {}
    : {
        reclaimable: {
          orphan: reclaimable.orphanBytes,
          trash: reclaimable.trashBytes,
          quarantine: reclaimable.quarantineBytes,
          models: reclaimable.modelBytes,
        },
      };
