/** `import`: what other tools have of the manifest's models is taken over, proven, instead of fetched. No socket is opened. */
import { resolve } from 'node:path';
import type { FoundFile } from '../../backends/outside/found-file.ts';
import { scan } from '../../backends/outside/scan.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { asModelError, type ErrorCode, type ModelError } from '../../domain/errors.ts';
import { isErrno } from '../../domain/fs-error.ts';
import type { AdoptedFile, ImportReport, RefusedFile } from '../../domain/import-results.ts';
import { beginIntent } from '../../store/intents.ts';
import { checkStore, openStore } from '../../store/open-store.ts';
import { mapLimit } from '../../util/map-limit.ts';
import type { AdoptRun } from '../adopt-blob.ts';
import type { ImportOptions } from '../api.ts';
import { type BlobRun, lockBlob } from '../ensure-run.ts';
import type { Orchestration } from '../orchestration.ts';
import { ProgressMeter } from '../progress-meter.ts';
import { adoptFile } from './adopt-file.ts';
import { modelsAfter, modelsBefore } from './imported-models.ts';
import { type Candidate, type ImportPlan, planImport } from './plan-import.ts';
import { type WantedBlob, wantedBytes } from './wanted-bytes.ts';

const FILES_AT_ONCE = 4;
/** What one file can do to another's import: nothing, but for these. */
const ENDS_ALL: readonly ErrorCode[] = ['CANCELLED', 'NO_SPACE', 'READ_ONLY', 'INVALID_INPUT', 'LOCK_TIMEOUT', 'INTERNAL'];

export async function importModels(work: Orchestration, modelIds: readonly string[], options: ImportOptions): Promise<ImportReport> {
  const { from, home = '', dryRun = false } = options;
  const path = resolve(options.path);
  const signal = options.signal ?? new AbortController().signal;
  const wanted = await wantedBytes(work, modelIds);
  const unreadable: string[] = [];
  const onUnreadable = (where: string, error: unknown): void => {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) unreadable.push(where);
  };
  const found = await scan({ from, path, home }, { signal, onUnreadable });
  checkStore(work.store);
  const look = (): ImportPlan => planImport(found, wanted, ({ sha256, sizeBytes }) => work.blobs.state(sha256, sizeBytes) === 'proven');
  const plan = look();
  const report = {
    from,
    path,
    isDryRun: dryRun,
    foundFiles: found.length,
    foundBytes: sizeOf(found),
    presentBytes: sizeOf(plan.present),
    unknown: plan.unknown,
    unpinned: wanted.unpinned,
    unreadable,
  };
  if (dryRun) {
    const models = await modelsBefore(work, { wanted, plan });
    return { ...report, readBytes: sizeOf(plan.candidates.map(({ file }) => file)), adopted: [], refused: [], models };
  }
  if (plan.candidates.length + plan.present.length === 0) return { ...report, readBytes: 0, adopted: [], refused: [], models: [] };
  await openStore(work.store);
  const digests = [...wanted.bySize.values()].flatMap((ofSize) => [...ofSize.keys()]);
  const intent = await beginIntent(work.store, { ref: `import from ${from}`, digests });
  try {
    await passSweepers(work, plan, { ...options, signal });
    const { candidates, present } = look();
    const moved = await adoptFiles(work, candidates, { ...options, signal });
    const touched = [...present, ...moved.blobs];
    const models = await modelsAfter(work, { wanted, touched, options: { ...options, signal } });
    return { ...report, ...moved.report, presentBytes: sizeOf(present) + moved.presentBytes, models };
  } finally {
    await intent.end();
  }
}

/**
 * Who decided before the intent to sweep one of these blobs may be moving it just now, and holds its lock: past that lock the blob is back, or
 * gone, and stays so.
 */
async function passSweepers(
  work: Orchestration,
  { candidates, present }: ImportPlan,
  options: ImportOptions & { readonly signal: AbortSignal },
) {
  const doing = `import from ${options.from}`;
  const run: BlobRun = { work, emit: work.emitter(options, doing), signal: options.signal, doing };
  const digests = new Set([...present.map(({ sha256 }) => sha256), ...candidates.flatMap(({ wanted }) => [...wanted.keys()])]);
  for (const digest of digests) await (await lockBlob(run, digest)).release();
}

interface Moved {
  readonly report: Pick<ImportReport, 'readBytes' | 'adopted' | 'refused'>;
  readonly presentBytes: number;
  /** What is here now. */
  readonly blobs: readonly WantedBlob[];
}

async function adoptFiles(
  work: Orchestration,
  candidates: readonly Candidate[],
  options: ImportOptions & { readonly signal: AbortSignal },
): Promise<Moved> {
  const { from, link = 'auto', signal } = options;
  const emit = work.emitter(options, `import from ${from}`);
  const meter = new ProgressMeter({ clock: work.store.clock, emit, ...(options.onProgress && { onProgress: options.onProgress }) });
  const totalBytes = sizeOf(candidates.map(({ file }) => file));
  meter.expect(totalBytes);
  emit({ type: 'ensure.planned', totalBytes, heldBytes: 0, fetchBytes: 0 });
  const engine = await work.engine(link === 'copy' ? { localLink: 'copy' } : {});
  const run: AdoptRun = { work, emit, meter, engine, signal, doing: `import from ${from}` };
  const tally = new Tally();
  const results = await mapLimit(candidates, FILES_AT_ONCE, (candidate) => tally.take(run, candidate, link));
  meter.tell(true);
  const failed = results.find((result) => result?.status === 'rejected');
  if (failed?.status === 'rejected') throw asModelError(failed.reason);
  return tally.moved();
}

/** What came of each file. */
class Tally {
  readonly #adopted: AdoptedFile[] = [];
  readonly #refused: RefusedFile[] = [];
  readonly #here = new Map<Sha256, WantedBlob>();
  #readBytes = 0;
  #presentBytes = 0;

  async take(run: AdoptRun, candidate: Candidate, link: NonNullable<ImportOptions['link']>): Promise<void> {
    const { file, wanted } = candidate;
    // Two files with the same bytes: once one of them is here, the other need not be read.
    if ([...wanted.keys()].every((digest) => this.#here.has(digest))) return run.meter.found(file.sizeBytes);
    try {
      const adopted = await adoptFile(run, candidate, link);
      this.#readBytes += file.sizeBytes;
      const blob = adopted && wanted.get(adopted.sha256);
      if (adopted === undefined || blob === undefined) return this.#refuse(file);
      this.#here.set(blob.sha256, blob);
      if (adopted.wasHere) this.#presentBytes += file.sizeBytes;
      else this.#adopted.push({ path: file.path, sha256: blob.sha256, sizeBytes: file.sizeBytes, way: adopted.way, names: blob.names });
    } catch (error) {
      const failure = asModelError(error);
      if (ENDS_ALL.includes(failure.code)) throw failure;
      this.#refuse(file, failure);
    }
  }

  moved(): Moved {
    const byPath = <T extends { readonly path: string }>(items: readonly T[]): T[] => [...items].sort((a, b) => (a.path < b.path ? -1 : 1));
    return {
      report: { readBytes: this.#readBytes, adopted: byPath(this.#adopted), refused: byPath(this.#refused) },
      presentBytes: this.#presentBytes,
      blobs: [...this.#here.values()],
    };
  }

  /** Other bytes under a size that fits tell nothing, unless a name claimed more. */
  #refuse({ path, sizeBytes, claimed }: FoundFile, error?: ModelError): void {
    if (error !== undefined) this.#refused.push({ path, sizeBytes, error: error.toJSON(), ...(claimed && { claimed }) });
    else if (claimed !== undefined) this.#refused.push({ path, sizeBytes, claimed });
  }
}

const sizeOf = (items: readonly { readonly sizeBytes: number }[]): number => items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
