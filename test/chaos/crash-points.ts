/** The machine stops at each call that changes the disk, one run a call; each time the store must be mended by what comes next. */
import { rm } from 'node:fs/promises';
import { expect } from 'vitest';
import { type CrashWorld, checkMended, crashWorld, type Scenario, tierOf } from './crash-scenarios.ts';
import { type Call, concerns, MUTATIONS, type Traced, traced, wordsOf } from './traced.ts';

/** One place to stop at: strace counts the calls of each kind in each thread. */
export interface CrashPoint {
  readonly name: string;
  readonly ordinal: number;
}

export interface Sweep {
  readonly points: number;
  readonly kills: number;
  /** Calls of a whole run before which no run was stopped. */
  readonly missed: readonly string[];
  /** What went wrong, one text a point. */
  readonly failures: readonly string[];
}

export interface SweepOptions {
  /** Of all points, those to stop at; default all. */
  readonly choose?: (points: readonly CrashPoint[]) => readonly CrashPoint[];
  /** Worlds in which runs go on at the same time. */
  readonly lanes?: number;
}

/** Stopped before an fsync is on disk what is stopped before the next change: only changes are counted. */
const isChange = (call: Call): boolean => (MUTATIONS as readonly string[]).includes(call.name);

export async function sweepCrashPoints(scenario: Scenario, { choose = (all) => all, lanes = 2 }: SweepOptions = {}): Promise<Sweep> {
  const worlds = await Promise.all(Array.from({ length: lanes }, crashWorld));
  const [first] = worlds;
  if (first === undefined) throw new Error('a sweep needs a world');
  const { calls } = await runIn(first, scenario);
  const places = [first.root, ...(scenario.inTier ? [tierOf(first)] : [])];
  const changes = calls.filter((call) => isChange(call) && places.some((place) => concerns(call, place)));
  const points = choose(pointsOf(changes));
  const queue = [...points];
  const hit = new Set<string>();
  const failures: string[] = [];
  let kills = 0;
  const work = async (crash: CrashWorld): Promise<void> => {
    for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
      const { cut, outcome } = await stopAt(crash, scenario, point);
      if (outcome instanceof Error) failures.push(outcome.message);
      if (cut === undefined) continue;
      kills++;
      hit.add(cut);
    }
  };
  await Promise.all(worlds.map(work));
  const missed = new Set(changes.map((call) => wordsOf(call, first.root)).filter((words) => !hit.has(words)));
  return { points: points.length, kills, missed: [...missed], failures };
}

function pointsOf(changes: readonly Call[]): CrashPoint[] {
  const points = new Map<string, CrashPoint>();
  for (const { name, ordinal } of changes) points.set(`${name} ${ordinal}`, { name, ordinal });
  return [...points.values()];
}

interface Stop {
  /** The call before which the run stopped; absent when it came to its end. */
  readonly cut: string | undefined;
  readonly outcome: 'well' | Error;
}

async function stopAt(crash: CrashWorld, scenario: Scenario, { name, ordinal }: CrashPoint): Promise<Stop> {
  const { signal, calls } = await runIn(crash, scenario, `${name}:signal=SIGKILL:when=${ordinal}`);
  const stopped = calls.find((call) => call.name === name && call.ordinal === ordinal);
  const words = stopped === undefined ? 'nothing' : wordsOf(stopped, crash.root);
  const outcome = await outcomeOf(`${scenario.name}, stopped before ${name} #${ordinal}: ${words}`, () => checkMended(crash, scenario));
  return { cut: signal === 'SIGKILL' ? words : undefined, outcome };
}

/** Runs the scenario's command from its beginning. */
export async function runIn(crash: CrashWorld, scenario: Scenario, fault?: string): Promise<Traced> {
  await rm(crash.root, { recursive: true, force: true });
  await scenario.prepare(crash);
  const inject = [...(scenario.inject ?? []), ...(fault === undefined ? [] : [fault])];
  const run = await traced(crash.world, scenario.args, { inject });
  if (fault === undefined) expect(run.stderr + run.stdout, scenario.name).toContain('"ok":');
  return run;
}

/** A failure that says where it happened, so that a sweep can go on and tell all of them. */
export async function outcomeOf(where: string, check: () => Promise<void>): Promise<'well' | Error> {
  try {
    await check();
    return 'well';
  } catch (error) {
    return new Error(`${where}\n${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
