/** Derived files: those that are here already, and the others made from their inputs, which are obtained first. */
import { CastThreads } from '../cast/cast-threads.ts';
import { isModelError } from '../domain/errors.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { TransferEngine } from '../transfer/transfer.ts';
import { underBlobLock } from './commit-blob.ts';
import { type DeriveOrder, makeDerived } from './derive-file.ts';
import { planDerivations } from './derive-plan.ts';
import { type KnownOutput, knownOutputs } from './derived-outputs.ts';
import type { EnsureRun } from './ensure-run.ts';
import type { Needs } from './needs.ts';
import { type ObtainedBlob, obtainBlob, useBlobHere } from './obtain-blob.ts';
import { allOrNone, blobsOf, type Obtained, type ObtainedFile, type ObtainRequest, publishedFile } from './obtain-files.ts';
import { type ObtainedAll, obtainInOrder, sizeOf } from './obtain-in-order.ts';
import type { ObtainedWithInputs } from './obtain-selection.ts';
import type { SeenFile } from './plan-blobs.ts';
import { inputsOf, lookAtInputs } from './plan-work.ts';
import { reserveSpace } from './space.ts';
import { tieredSources } from './tiered-sources.ts';

export interface DeriveRequest extends ObtainRequest {
  /** Inputs whose bytes progress and reservation count already. */
  readonly planned: readonly SeenFile[];
}

export async function deriveFiles(run: EnsureRun, request: DeriveRequest): Promise<ObtainedWithInputs> {
  const leftOut = request.files.filter(({ condition }) => condition === 'left-out' && !request.force);
  const wanted = request.files.filter((file) => !leftOut.includes(file));
  const here = request.force ? new Map<string, ObtainedFile>() : await useHere(run, wanted, request.engine);
  const missing = wanted.filter(({ spec }) => !here.has(spec.path));
  const inputs = await obtainInputs(run, { ...request, files: wanted, missing, here });
  const makeable = missing.filter(({ spec }) => isMakeable(spec, inputs));
  const made = await deriveAll(run, { ...request, files: makeable }, { inputs: inputs.obtained, here });
  run.meter.expect(-sizeOf(missing.filter(({ spec }) => !made.has(spec.path))));
  return {
    obtained: new Map([...here, ...made]),
    unreferenced: new Set([...leftOut.map(({ spec }) => spec.path), ...inputs.unreferenced]),
    inputs: [...blobsOf(inputs.obtained)],
  };
}

/** Its own input is there: it was not left out, and some source had it. */
const isMakeable = ({ path }: FileSpec, { obtained }: ObtainedAll): boolean => obtained.has(path);

async function useHere(run: EnsureRun, files: readonly SeenFile[], engine: TransferEngine): Promise<Obtained> {
  const known = knownOutputs(run.work, run.target);
  const here = new Map<string, ObtainedFile>();
  for (const file of files) {
    const output = known.get(file.spec.path);
    const blob = output && ((await useOutput(run, file, output)) ?? (await outputInTier(run, file, { output, engine })));
    if (blob !== undefined) here.set(file.spec.path, { blob, proof: file.spec.proof });
  }
  return here;
}

async function useOutput(run: EnsureRun, file: SeenFile, { sha256: digest, derived }: KnownOutput): Promise<ObtainedBlob | undefined> {
  const published = publishedFile(run, [file]);
  const question = { file: file.spec, digest, force: false, ...(published && { published }) };
  const blob = await underBlobLock(run, digest, () => useBlobHere(run, question));
  return blob && { ...blob, derived };
}

interface TierRequest {
  readonly output: KnownOutput;
  readonly engine: TransferEngine;
}

/** What lies in a tier needs no cast. Undefined where none has it, or it is not right there: then it is made again. */
async function outputInTier(run: EnsureRun, { spec }: SeenFile, { output, engine }: TierRequest): Promise<ObtainedBlob | undefined> {
  const { sha256: digest, sizeBytes, derived } = output;
  const file = { ...spec, sha256: digest, sizeBytes };
  const found = await tieredSources(run, { digest, file, offline: run.options.offline ?? run.work.settings.offline });
  if (found.sources.length === 0) return undefined;
  try {
    // Nothing but the tiers: no source has it.
    const question = { key: digest, file, twins: [], engine, force: false, digest, level: spec.proof, found: { sources: [], refused: [] } };
    return { ...(await obtainBlob(run, question)), derived };
  } catch (error) {
    if (!isModelError(error) || run.signal.aborted || error.code === 'NO_SPACE') throw error;
    run.emit({ type: 'source.failed', source: 'tier://', file: spec.path, error: error.toJSON() });
    return undefined;
  }
}

interface InputRequest extends DeriveRequest {
  readonly missing: readonly SeenFile[];
  readonly here: Obtained;
}

async function obtainInputs(run: EnsureRun, request: InputRequest): Promise<ObtainedAll> {
  const { base } = run.target;
  const files = lookAtInputs(run.work, run.target, withIndexes(request), request);
  const planned = new Set(request.planned.map(({ spec }) => spec.path));
  const needed = new Set(files.map(({ spec }) => spec.path));
  run.meter.expect(sizeOf(files.filter(({ spec }) => !planned.has(spec.path))));
  run.meter.expect(-sizeOf(request.planned.filter(({ spec }) => !needed.has(spec.path))));
  if (base === undefined || files.length === 0) return { obtained: new Map(), unreferenced: new Set() };
  return obtainInOrder({ ...run, target: { ...base, files: files.map(({ spec }) => spec) } }, { ...request, files });
}

/** Also the index that says of a shard whether it is one at all. */
function withIndexes({ files, missing, here }: InputRequest): FileSpec[] {
  const inputs = inputsOf(
    missing.map(({ spec }) => spec),
    new Set(here.keys()),
  );
  const paths = new Set(inputs.map(({ path }) => path));
  const indexes = files.flatMap(({ spec: { derive } }) => {
    const [index, ...shards] = derive?.inputs ?? [];
    return index !== undefined && !paths.has(index.path) && shards.some(({ path }) => paths.has(path)) ? [index] : [];
  });
  return [...indexes, ...inputs];
}

interface Material {
  readonly inputs: Obtained;
  readonly here: Obtained;
}

async function deriveAll(run: EnsureRun, request: DeriveRequest, { inputs, here }: Material): Promise<Obtained> {
  const { files, force } = request;
  if (files.length === 0) return new Map();
  run.emit({ type: 'ensure.phase', phase: 'deriving' });
  const pathOf = ({ digest }: ObtainedBlob) => run.work.blobs.path(digest);
  const orders = await planDerivations(files, {
    inputs: new Map([...inputs].map(([path, { blob }]) => [path, { digest: blob.digest, path: pathOf(blob) }])),
    casts: new Map([...here].flatMap(([path, { blob }]) => (blob.derived ? [[path, { derived: blob.derived, path: pathOf(blob) }]] : []))),
  });
  const moreBytes = orders.reduce((sum, { file, sizeBytes }) => sum + sizeBytes - file.spec.sizeBytes, 0);
  run.meter.expect(moreBytes);
  // The sizes were estimates so far.
  const reservation = await reserveSpace(run.work, {
    label: run.target.label,
    needs: () => [moreNeeds(run, Math.max(0, moreBytes))],
    call: run.options,
  });
  const threads = new CastThreads();
  try {
    const made = await allOrNone(run, threads.count, orders, (stoppable, order: DeriveOrder) =>
      makeDerived(stoppable, { order, threads, force }),
    );
    return new Map(
      orders.flatMap(({ file: { spec } }, index): [string, ObtainedFile][] => {
        const blob = made[index];
        return blob === undefined ? [] : [[spec.path, { blob, proof: spec.proof }]];
      }),
    );
  } finally {
    await threads.close();
    await reservation.end();
  }
}

/** Of the files that are being made, beyond what was reserved for them. */
const moreNeeds = ({ target: { spec, directory } }: EnsureRun, bytes: number): Needs => ({
  family: spec.family,
  directory,
  contents: [{ key: `more of ${directory}`, sizeBytes: bytes, writeBytes: bytes, isNew: bytes > 0 }],
  namedBytes: 0,
});
