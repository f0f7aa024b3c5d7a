/** Room for whoever needs it: what quotas and checks of free space call before they refuse. */
import type { GcPlan, GcReport } from '../../domain/gc.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import type { CallOptions } from '../api.ts';
import type { Orchestration } from '../orchestration.ts';
import { collectGarbage } from './collect-garbage.ts';

export interface SpaceRequest extends CallOptions {
  readonly bytes: number;
  /** Else of a quota. */
  readonly isOfVolume: boolean;
  /** Only models of this family are removed. */
  readonly family?: string;
}

export interface SpaceAnswer {
  /** Given back to the file system. */
  readonly freedBytes: number;
  /** Whether that is as much as was asked for. */
  readonly isEnough: boolean;
  /** What stands in the way of more, in one phrase: `2 pinned, 1 in use`; '' where that is enough. */
  readonly inTheWay: string;
  readonly report: GcReport;
}

/**
 * Frees as many bytes as it can by what nobody holds: debris first, then models longest unused, none that was used within `gc_grace`.
 * May be called under a model's lock, whose model it then leaves alone, and never under the state lock.
 */
export async function freeSpace(work: Orchestration, { bytes, isOfVolume, family, ...call }: SpaceRequest): Promise<SpaceAnswer> {
  const report = await collectGarbage(work, { ...call, ...(family !== undefined && { family }), purge: true }, { bytes, isOfVolume });
  const freedBytes = report.reclaimedBytes;
  const isEnough = freedBytes >= bytes;
  return { freedBytes, isEnough, inTheWay: isEnough ? '' : whatIsKept(report), report };
}

const WORDS: Readonly<Record<string, string>> = {
  pinned: 'pinned',
  leased: 'in use',
  open: 'open in a program',
  foreign: "with somebody's own files",
  at_work: 'being worked on',
  grace: 'used a short while ago',
};

export function whatIsKept({ items }: GcPlan): string {
  const kept = items.filter(({ kind, action, reason }) => kind === 'model' && action === 'keep' && reason in WORDS);
  const groups = Map.groupBy(kept, ({ reason }) => reason);
  const parts = [...groups].map(([reason, of]) => {
    const bytes = of.reduce((sum, item) => sum + item.bytes, 0);
    return `${of.length} ${WORDS[reason]} (${formatBytes(bytes)})`;
  });
  return parts.length === 0 ? 'nothing else is here that could go' : parts.join(', ');
}
