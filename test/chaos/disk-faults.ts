/** The disk refuses one call, or every call from one on: the command says so and stops, and nothing false is left. */
import { expect } from 'vitest';
import { outcomeOf, runIn } from './crash-points.ts';
import { type CrashWorld, checkMended, crashWorld, SCENARIOS, SUBJECT } from './crash-scenarios.ts';
import { type Call, concerns, MUTATIONS, SYNCS, type Traced, wordsOf } from './traced.ts';

export interface DiskFault {
  readonly name: string;
  readonly ordinal: number;
  readonly errno: string;
  /** It stays so, also for whoever cleans up. */
  readonly lasting: boolean;
}

/** What a disk can answer to each call; taken in turn. */
const ERRNOS: Readonly<Record<string, readonly string[]>> = {
  openat: ['EMFILE', 'EACCES', 'ENOSPC', 'EIO', 'EDQUOT'],
  rename: ['ENOSPC', 'EIO', 'EROFS', 'EACCES'],
  link: ['ENOSPC', 'EIO', 'EMLINK', 'EROFS'],
  unlink: ['EIO', 'EROFS', 'EACCES'],
  mkdir: ['ENOSPC', 'EROFS', 'EACCES', 'EIO', 'EDQUOT'],
  rmdir: ['EIO', 'EROFS'],
  ftruncate: ['EIO', 'ENOSPC'],
  chmod: ['EIO', 'EROFS'],
  fchmod: ['EIO', 'EROFS'],
  utimensat: ['EIO', 'EROFS'],
  pwrite64: ['ENOSPC', 'EIO', 'EDQUOT'],
  write: ['ENOSPC', 'EIO', 'EDQUOT'],
  fsync: ['EIO', 'ENOSPC', 'EDQUOT'],
  fdatasync: ['EIO', 'ENOSPC', 'EDQUOT'],
};
/** Modules are read with `openat`, too: where that fails for good, no program runs. */
const NEVER_LASTING: readonly string[] = ['openat', 'write'];
/** One fault in so many is tried as a lasting one, too. */
const LASTING_SHARE = 3;

export interface FaultSweepOptions {
  readonly choose?: (faults: readonly DiskFault[]) => readonly DiskFault[];
  readonly lanes?: number;
}

export interface FaultSweep {
  readonly met: number;
  /** What went wrong, one text a fault. */
  readonly failures: readonly string[];
}

export async function sweepDiskFaults({ choose = (all) => all, lanes = 2 }: FaultSweepOptions = {}): Promise<FaultSweep> {
  const worlds = await Promise.all(Array.from({ length: lanes }, crashWorld));
  const [first] = worlds;
  if (first === undefined) throw new Error('a sweep needs a world');
  const { calls } = await runIn(first, SCENARIOS.cold);
  const queue = [...choose(faultsOf(calls.filter((call) => concerns(call, first.root))))];
  let met = 0;
  const failures: string[] = [];
  const work = async (crash: CrashWorld): Promise<void> => {
    for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
      const outcome = await meet(crash, fault);
      if (outcome !== 'missed') met++;
      if (outcome instanceof Error) failures.push(outcome.message);
    }
  };
  await Promise.all(worlds.map(work));
  return { met, failures };
}

function faultsOf(calls: readonly Call[]): DiskFault[] {
  const faults = new Map<string, DiskFault>();
  const places = calls.filter(({ name }) => [...MUTATIONS, ...SYNCS, 'openat'].includes(name));
  for (const [index, { name, ordinal }] of places.entries()) {
    const errnos = ERRNOS[name] ?? ['EIO'];
    const fault = { name, ordinal, errno: errnos[ordinal % errnos.length] ?? 'EIO' };
    faults.set(`${name} ${ordinal}`, { ...fault, lasting: false });
    if (index % LASTING_SHARE === 0 && !NEVER_LASTING.includes(name)) faults.set(`${name} ${ordinal}+`, { ...fault, lasting: true });
  }
  return [...faults.values()];
}

/** `missed` where this run's calls came in another order, and the fault met none of ours. */
async function meet(crash: CrashWorld, fault: DiskFault): Promise<'missed' | 'well' | Error> {
  const { name, ordinal, errno, lasting } = fault;
  const run = await runIn(crash, SCENARIOS.cold, `${name}:error=${errno}:when=${ordinal}${lasting ? '+' : ''}`);
  const refused = run.calls.find((call) => call.result?.includes('INJECTED'));
  if (refused === undefined || !concerns(refused, crash.root)) return 'missed';
  const where = `${errno}${lasting ? ' from here on' : ''} at ${name} #${ordinal}: ${wordsOf(refused, crash.root)}`;
  return outcomeOf(where, async () => {
    await checkAnswer(crash, fault, run);
    await checkForgotten(crash, run, refused);
    await checkMended(crash, SCENARIOS.cold);
  });
}

interface Document {
  readonly ok: boolean;
  readonly error?: { readonly code: string };
}

async function checkAnswer({ orchestrator }: CrashWorld, { errno }: DiskFault, run: Traced): Promise<void> {
  expect(run.signal, 'it ends by itself').toBeNull();
  const { ok, error } = JSON.parse(run.stdout) as Document;
  if (run.code === 0) {
    expect(ok).toBe(true);
    expect((await orchestrator.status(SUBJECT)).state, 'a success is one').toBe('COMPLETE');
    return;
  }
  expect(ok).toBe(false);
  expect({ status: run.code, code: error?.code }, run.stderr).toEqual(
    errno === 'ENOSPC' || errno === 'EDQUOT'
      ? { status: 6, code: 'NO_SPACE' }
      : { status: 9, code: expect.stringMatching(/^(FILESYSTEM_ERROR|PERMISSION_DENIED|READ_ONLY)$/) },
  );
}

/** After a failed fsync the kernel may call lost pages clean: what was written since the last good one counts as not written. */
async function checkForgotten({ orchestrator, root }: CrashWorld, { calls, code }: Traced, refused: Call): Promise<void> {
  if (code === 0 || !/^f(data)?sync\(<\.tmp\/5[^>]*\.part>/.test(wordsOf(refused, root))) return;
  const synced = calls.some(
    (call) => call.begun < refused.begun && /^f(data)?sync/.test(call.name) && call.args.endsWith('.part>') && call.result === '0',
  );
  if (!synced) expect((await orchestrator.status(SUBJECT)).bytesHeld).toBe(0);
}
