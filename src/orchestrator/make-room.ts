/** Garbage collection for an ensure that is short of space or quota: only where it is configured, and only where it frees enough. */
import { isModelError } from '../domain/errors.ts';
import type { GcReport } from '../domain/gc.ts';
import type { SpaceVerdict } from '../domain/space.ts';
import { formatBytes } from '../util/format-bytes.ts';
import type { Orchestration } from './orchestration.ts';
import type { SpaceRequest } from './space.ts';

export interface Room {
  readonly freedBytes: number;
  /** Why nothing was freed; absent where nothing was tried. */
  readonly inTheWay?: string;
}

export const NO_ROOM: Room = { freedBytes: 0 };

interface Shortfall {
  readonly bytes: number;
  readonly family?: string;
}

/** Call without the state lock: models go one by one, each under its own. */
export async function makeRoom(
  work: Orchestration,
  { call, verdict }: Pick<SpaceRequest, 'call'> & { readonly verdict: SpaceVerdict },
): Promise<Room> {
  if (!work.settings.makesRoom) return NO_ROOM;
  let freedBytes = 0;
  try {
    for (const shortfall of shortfallsOf(verdict)) {
      const inTheWay = await standsInTheWay(work, shortfall);
      if (inTheWay !== undefined) return { freedBytes, inTheWay };
    }
    const { freeSpace } = await import('./gc/free-space.ts');
    for (const shortfall of shortfallsOf(verdict)) {
      const answer = await freeSpace(work, { ...call, ...shortfall });
      freedBytes += answer.freedBytes;
      tell(work, call, answer.report);
    }
    return { freedBytes };
  } catch (error) {
    // What is short is the news; why nothing could be removed belongs to it.
    if (!isModelError(error) || error.code === 'CANCELLED') throw error;
    return { freedBytes, inTheWay: error.message };
  }
}

/** What serves the volume serves the quota of all. */
function shortfallsOf({ shortfallBytes, quotas }: SpaceVerdict): Shortfall[] {
  const short = quotas.filter((quota) => quota.shortfallBytes > 0);
  const bytes = Math.max(shortfallBytes, ...short.filter(({ scope }) => scope === 'total').map((quota) => quota.shortfallBytes));
  const families = short.flatMap(({ family, shortfallBytes: missing }): Shortfall[] =>
    family === undefined ? [] : [{ bytes: missing, family }],
  );
  return [...families, ...(bytes > 0 ? [{ bytes }] : [])];
}

/** Undefined where enough could go. */
async function standsInTheWay(work: Orchestration, { bytes, family }: Shortfall): Promise<string | undefined> {
  const { planCollection } = await import('./gc/collect-garbage.ts');
  const { whatIsKept } = await import('./gc/free-space.ts');
  const plan = await planCollection(work, { purge: true, ...(family !== undefined && { family }) }, { bytes });
  const isEnough = plan.targets.every(({ kind, shortBytes }) => kind !== 'need' || shortBytes === 0);
  return isEnough ? undefined : whatIsKept(plan);
}

function tell(work: Orchestration, call: SpaceRequest['call'], report: GcReport): void {
  const models = report.items.filter(({ kind, action }) => kind === 'model' && action === 'remove');
  if (models.length === 0) return;
  const names = models.map(({ what, bytes, why }) => `${what} (${formatBytes(bytes)}, ${why})`);
  const message = `made room: removed ${names.join(', ')}; \`wan models pin\` keeps a model, enable_garbage_collection = false keeps all`;
  work.emitter(call)({ type: 'warning', code: 'made_room', message });
}
