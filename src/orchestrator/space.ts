/** Room for what an ensure will write: asked for before the first byte moves. */
import { ModelError } from '../domain/errors.ts';
import { fits, type SpaceVerdict } from '../domain/space.ts';
import { freeBytes, promisedSpace, type Reservation, reserve } from '../store/reservations.ts';
import { secondNamesCost, secondNamesSeemToCost } from '../store/second-names.ts';
import { withStateLock } from '../store/state-lock.ts';
import { scanUsage } from '../store/usage-scan.ts';
import { formatBytes } from '../util/format-bytes.ts';
import type { CallOptions } from './api.ts';
import { foreseeRoom, makeRoom, NO_ROOM, type Room } from './make-room.ts';
import type { Needs } from './needs.ts';
import type { Orchestration } from './orchestration.ts';
import { couldGo, reclaimableDetails, shortageError } from './space-errors.ts';
import { type Circumstances, promiseOf, type Quotas, reclaimableIn, spaceVerdict } from './space-verdict.ts';

export interface SpaceRequest {
  /** What is told: `t2v-A14B@2.2.0`. */
  readonly label: string;
  /** As things are now: asked again after each round of making room, in which others may have brought a part of it. */
  readonly needs: () => readonly Needs[];
  /** Of several models: what is asked for is a part of it. */
  readonly partOf?: Reservation | undefined;
  /** Of the ensure that needs the space. */
  readonly call: CallOptions;
}

/** Reserved space, and how it was judged. */
export interface ReservedSpace extends Reservation {
  readonly verdict: SpaceVerdict;
}

/** A round frees for one quota or the volume; and somebody else may take what it freed, or the file system give back less. */
const MAX_ROUNDS = 8;
/** For others who remove or use a model right now: 3 s, all in all. */
const MAX_WAITS = 5;
const FIRST_WAIT_MS = 100;

/**
 * Reserves what is needed, one asker at a time, so that two that fit alone but not together are told so at once. Where it does not fit, and
 * that is configured, room is made first. Call under the model's lock at most.
 * @throws ModelError NO_SPACE, QUOTA_EXCEEDED with the numbers
 */
export async function reserveSpace(work: Orchestration, request: SpaceRequest): Promise<ReservedSpace> {
  const { label } = request;
  const secondNames = await secondNamesCost(work.store);
  let { partOf } = request;
  let room: Room = NO_ROOM;
  let isLast = false;
  for (let round = 1, waits = 0; ; ) {
    const needs = request.needs();
    const { verdict, reservation } = await tryToReserve(work, label, { needs, secondNamesCost: secondNames, partOf });
    if (reservation !== undefined) return { ...reservation, verdict };
    if (isLast) {
      const { root } = work.store.resolver;
      throw shortageError({ label, verdict: await withReclaimable(work, needs, verdict), root, inTheWay: room.inTheWay });
    }
    // It has been taken out of the whole.
    partOf = undefined;
    room = round <= MAX_ROUNDS ? await makeRoom(work, { ...request, verdict }) : { ...room, freedBytes: 0 };
    if (room.freedBytes > 0) round++;
    else if (room.mayPass === true && waits < MAX_WAITS) await work.store.clock.sleep(FIRST_WAIT_MS * 2 ** waits++, request.call.signal);
    // Others may have made room meanwhile: one more look.
    else isLast = true;
  }
}

interface Tried {
  readonly verdict: SpaceVerdict;
  readonly reservation?: Reservation;
}

const tryToReserve = (work: Orchestration, label: string, question: Question): Promise<Tried> =>
  withStateLock(work.store, `reserve space for ${label}`, async () => {
    const verdict = await judge(work, question);
    return fits(verdict) ? { verdict, reservation: await reserve(work.store, promiseOf(verdict)) } : { verdict };
  });

/** What {@link reserveSpace} would find. Changes nothing. @param labels of the models that are asked for */
export async function foreseeSpace(work: Orchestration, needs: readonly Needs[], labels: readonly string[]): Promise<SpaceVerdict> {
  const verdict = await judge(work, { needs, secondNamesCost: secondNamesSeemToCost(work.store) });
  if (fits(verdict)) return verdict;
  const room = work.settings.makesRoom ? await foreseeRoom(work, verdict, { labels, keys: keysOf(needs) }) : undefined;
  const { removes = [], inTheWay } = room ?? {};
  return {
    ...(await withReclaimable(work, needs, verdict)),
    ...(room && { room: { removes, ...(inTheWay !== undefined && { inTheWay }) } }),
  };
}

const keysOf = (needs: readonly Needs[]): string[] => needs.flatMap(({ contents }) => contents.map(({ key }) => key));

/** The same without a word on quotas, of which only the sum over all models says anything. */
export const neededSpace = (work: Orchestration, needs: readonly Needs[]): Promise<SpaceVerdict> =>
  judge(work, { needs, secondNamesCost: secondNamesSeemToCost(work.store), quotas: {} });

interface Question extends Pick<SpaceRequest, 'partOf'> {
  readonly needs: readonly Needs[];
  readonly quotas?: Quotas;
  readonly secondNamesCost: boolean;
}

async function judge(
  work: Orchestration,
  { needs, secondNamesCost, partOf, quotas = work.settings.quotas }: Question,
): Promise<SpaceVerdict> {
  const isQuotaAsked = (quotas.totalBytes !== undefined || quotas.familyBytes !== undefined) && needs.some(needsAnything);
  const circumstances: Omit<Circumstances, 'promised'> = {
    freeBytes: freeBytes(work.store),
    marginBytes: work.settings.safetyMarginBytes,
    quotas,
    secondNamesCost,
    ...(isQuotaAsked && { scan: await scanUsage(work.store) }),
  };
  const verdict = async () => spaceVerdict(needs, { ...circumstances, promised: await promisedSpace(work.store) });
  // What is asked for is no longer promised to the whole, from here on to itself.
  partOf?.give(promiseOf(await verdict()));
  return verdict();
}

const needsAnything = ({ contents }: Needs): boolean => contents.some(({ isNew, writeBytes }) => isNew || writeBytes > 0);

async function withReclaimable(work: Orchestration, needs: readonly Needs[], verdict: SpaceVerdict): Promise<SpaceVerdict> {
  const [quota, ...others] = verdict.quotas.filter(({ shortfallBytes }) => shortfallBytes > 0);
  const family = verdict.shortfallBytes === 0 && others.length === 0 ? quota?.family : undefined;
  return { ...verdict, reclaimable: reclaimableIn(await scanUsage(work.store), needs, family) };
}

/** A disk that filled up while we wrote: the same numbers, with what is still to come. */
export async function ranOutOfSpace(work: Orchestration, label: string, remainingBytes: number, cause: ModelError): Promise<ModelError> {
  const reclaimable = reclaimableIn(await scanUsage(work.store), []);
  const available = freeBytes(work.store);
  const shortfall = Math.max(0, remainingBytes + work.settings.safetyMarginBytes - available);
  return new ModelError(
    'NO_SPACE',
    `${label}: the disk filled up with ${formatBytes(remainingBytes)} still to write (${formatBytes(available)} free); what was fetched is kept`,
    {
      hint: `free ${formatBytes(shortfall)} with \`wan models gc\` or otherwise, then run the same command again: it goes on where it stopped${couldGo(reclaimable)}`,
      cause,
      attempts: cause.attempts,
      details: {
        bytes_needed: remainingBytes + work.settings.safetyMarginBytes,
        bytes_available: available,
        shortfall,
        path: work.store.resolver.root,
        ...reclaimableDetails(reclaimable),
      },
    },
  );
}
