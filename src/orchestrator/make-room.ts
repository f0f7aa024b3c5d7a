/** Garbage collection for an ensure that is short of space or quota: only where it is configured, and only where it frees enough. */
import { isModelError } from '../domain/errors.ts';
import type { GcPlan, GcReport } from '../domain/gc.ts';
import type { QuotaVerdict, RoomForeseen, SpaceVerdict } from '../domain/space.ts';
import { formatBytes } from '../util/format-bytes.ts';
import type { Orchestration } from './orchestration.ts';
import { markFreeSpace, showsAsFree } from './shows-as-free.ts';
import type { SpaceRequest } from './space.ts';

export interface Room {
  readonly freedBytes: number;
  /** Why nothing was freed; absent where nothing was tried. */
  readonly inTheWay?: string | undefined;
  /** Somebody had one of the models locked just then: perhaps to remove it. */
  readonly mayPass?: boolean;
}

export const NO_ROOM: Room = { freedBytes: 0 };

interface Shortfall {
  readonly bytes: number;
  readonly isOfVolume: boolean;
  readonly family?: string;
}

/** What no intent names yet. */
export interface Asked {
  /** Of models. */
  readonly labels: readonly string[];
  /** Digests and keys of partials. */
  readonly keys: readonly string[];
}

const NOT_ASKED: Asked = { labels: [], keys: [] };

interface Foreseen extends RoomForeseen {
  readonly mayPass: boolean;
}

/** Call without the state lock: models go one by one, each under its own. What is still short afterwards, the next call is for. */
export async function makeRoom(
  work: Orchestration,
  { call, verdict }: Pick<SpaceRequest, 'call'> & { readonly verdict: SpaceVerdict },
): Promise<Room> {
  const [shortfall] = shortfallsOf(verdict);
  if (!work.settings.makesRoom || shortfall === undefined) return NO_ROOM;
  const { inTheWay, mayPass } = await foreseeRoom(work, verdict);
  if (inTheWay !== undefined) return { freedBytes: 0, inTheWay, mayPass };
  try {
    const { freeSpace } = await import('./gc/free-space.ts');
    const before = await markFreeSpace(work);
    const { freedBytes, report, inTheWay: inTheWayNow } = await freeSpace(work, { ...call, ...shortfall });
    tell(work, call, report);
    if (shortfall.isOfVolume && !(await showsAsFree(work, freedBytes, before, call.signal)))
      return { freedBytes: 0, inTheWay: heldElsewhere(freedBytes) };
    return { freedBytes, inTheWay: inTheWayNow, mayPass: isBusy(report) };
  } catch (error) {
    return { freedBytes: 0, inTheWay: reasonOf(error) };
  }
}

const heldElsewhere = (bytes: number): string =>
  `of ${formatBytes(bytes)} that were removed the volume gave back less than half: links or clones outside of the store hold the rest, or snapshots of the volume`;

/** What {@link makeRoom} would remove, all in all. Changes nothing. @param asked what is asked for, and not at work yet */
export async function foreseeRoom(work: Orchestration, verdict: SpaceVerdict, asked: Asked = NOT_ASKED): Promise<Foreseen> {
  const removes = new Set<string>();
  try {
    for (const shortfall of shortfallsOf(verdict)) {
      const { plan, ensuring } = await planFor(work, shortfall, asked);
      const isEnough = plan.targets.every(({ kind, shortBytes }) => kind !== 'need' || shortBytes === 0);
      if (!isEnough)
        return { removes: [], inTheWay: (await import('./gc/free-space.ts')).whatIsKept(plan), mayPass: isBusy(plan, ensuring) };
      for (const { kind, action, what } of plan.items) if (kind === 'model' && action === 'remove') removes.add(what);
    }
    return { removes: [...removes], mayPass: false };
  } catch (error) {
    return { removes: [], inTheWay: reasonOf(error), mayPass: false };
  }
}

/** An ensure may go on for hours; whoever else has a model's lock, or used it meanwhile, is soon done. */
const isBusy = ({ items }: GcPlan, ensuring: ReadonlySet<string> = new Set()): boolean =>
  items.some(
    ({ kind, action, reason, what }) =>
      kind === 'model' && action === 'keep' && (reason === 'at_work' || reason === 'changed') && !ensuring.has(what),
  );

/** What is short is the news; why nothing could be removed belongs to it. */
function reasonOf(error: unknown): string {
  if (!isModelError(error) || error.code === 'CANCELLED') throw error;
  return error.message;
}

async function planFor(work: Orchestration, { bytes, isOfVolume, family }: Shortfall, asked: Asked): Promise<Planned> {
  const { lookForGc } = await import('./gc/look-for-gc.ts');
  const { planGc } = await import('./gc/plan-gc.ts');
  const { view, rules } = await lookForGc(work, { purge: true, ...(family !== undefined && { family }) }, { bytes, isOfVolume });
  const ensuring = new Set([...view.scan.ensuring, ...asked.labels]);
  const intended = new Set([...view.scan.intended, ...asked.keys]);
  return { plan: planGc({ ...view, scan: { ...view.scan, ensuring, intended } }, rules), ensuring };
}

interface Planned {
  readonly plan: GcPlan;
  /** Labels of models. */
  readonly ensuring: ReadonlySet<string>;
}

/** Each may need what the ones before do not free. */
function shortfallsOf({ shortfallBytes, quotas }: SpaceVerdict): Shortfall[] {
  const short = quotas.filter((quota) => quota.shortfallBytes > 0);
  const ofQuota = ({ family, shortfallBytes: bytes }: QuotaVerdict): Shortfall => ({
    bytes,
    isOfVolume: false,
    ...(family !== undefined && { family }),
  });
  const { family = [], total = [] } = Object.groupBy(short, ({ scope }) => scope);
  const volume: Shortfall[] = shortfallBytes > 0 ? [{ bytes: shortfallBytes, isOfVolume: true }] : [];
  return [...family.map(ofQuota), ...volume, ...total.map(ofQuota)];
}

function tell(work: Orchestration, call: SpaceRequest['call'], report: GcReport): void {
  const models = report.items.filter(({ kind, action }) => kind === 'model' && action === 'remove');
  if (models.length === 0) return;
  const names = models.map(({ what, bytes, why }) => `${what} (${formatBytes(bytes)}, ${why})`);
  const message = `made room: removed ${names.join(', ')}; \`wan models pin\` keeps a model, enable_garbage_collection = false keeps all`;
  work.emitter(call)({ type: 'warning', code: 'made_room', message });
}
