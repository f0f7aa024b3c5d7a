import type { Sha256 } from '../domain/digest.ts';
import { asModelError, isModelError, ModelError } from '../domain/errors.ts';
import { type FileProof, levelOf } from '../domain/published-digest.ts';
import type { FileSpec } from '../domain/spec.ts';
import { type FileCondition, provenBy } from '../store/inspect-snapshot.ts';
import type { TransferEngine } from '../transfer/transfer.ts';
import { mapLimit } from '../util/map-limit.ts';
import type { PublishedFile } from './blob-here.ts';
import type { EnsureRun } from './ensure-run.ts';
import { type ObtainedBlob, obtainBlob } from './obtain-blob.ts';
import type { SeenFile } from './plan-blobs.ts';

/** Files begun at once, each with a few open descriptors; the engine has its own, lower bound on what is in transfer. */
const FILES_AT_ONCE = 8;

export interface ObtainRequest {
  readonly files: readonly SeenFile[];
  readonly force: boolean;
  readonly engine: TransferEngine;
}

/** A path's bytes, and what proves them. */
export interface ObtainedFile extends FileProof {
  /** One object for all paths that have these bytes. */
  readonly blob: ObtainedBlob;
}

/** By path; optional files that no source has are left out. */
export type Obtained = ReadonlyMap<string, ObtainedFile>;

/** @throws the failure of the first file in manifest order; the others were stopped, their held pieces kept. */
export async function obtainFiles(run: EnsureRun, request: ObtainRequest): Promise<Obtained> {
  const groups = [...Map.groupBy(request.files, (file) => file.key).values()];
  const blobs = await allOrNone(run, FILES_AT_ONCE, groups, (stoppable, group) => obtainGroup(stoppable, group, request));
  return collect(groups, blobs);
}

/** @throws the failure of the first item that tells something; the others are stopped. */
export async function allOrNone<T, R>(
  run: EnsureRun,
  limit: number,
  items: readonly T[],
  obtain: (run: EnsureRun, item: T) => Promise<R>,
): Promise<R[]> {
  const stop = new AbortController();
  const stoppable: EnsureRun = { ...run, signal: AbortSignal.any([run.signal, stop.signal]) };
  const results = await mapLimit(items, limit, async (item) => {
    try {
      return await obtain(stoppable, item);
    } catch (error) {
      stop.abort(new ModelError('CANCELLED', 'stopped, because another file of the model failed'));
      throw error;
    }
  });
  throwFirst(results);
  return results.flatMap((result) => (result?.status === 'fulfilled' ? [result.value] : []));
}

async function obtainGroup(
  run: EnsureRun,
  group: readonly SeenFile[],
  { force, engine }: ObtainRequest,
): Promise<ObtainedBlob | undefined> {
  const [first] = group;
  if (first === undefined) return undefined;
  const published = publishedFile(run, group);
  try {
    const { digest } = first;
    const { proof: level } = first.spec.sha256 === undefined ? provenBy(first.spec, first.published) : first.spec;
    const blob = await obtainBlob(run, {
      key: first.key,
      file: first.spec,
      twins: group.slice(1).map((file) => file.spec),
      force,
      engine,
      ...(digest && { digest, level }),
      ...(published && { published }),
    });
    for (const twin of group.slice(1)) run.meter.found(twin.spec.sizeBytes);
    return blob;
  } catch (error) {
    if (!group.every((file) => file.spec.optional) || !isAnswer(error)) throw error;
    for (const file of group) {
      run.meter.expect(-file.spec.sizeBytes);
      if (!isModelError(error, 'OFFLINE')) run.absent.add(file.spec.path);
    }
    return undefined;
  }
}

/** What one read can prove, best first. */
const READABLE: readonly FileCondition[] = ['proven', 'touched', 'modified', 'unproven'];

/** Of the paths with these bytes, one whose bytes are right, or may be. */
export function publishedFile(run: EnsureRun, group: readonly SeenFile[]): PublishedFile | undefined {
  const [file] = READABLE.flatMap((readable) => group.filter(({ condition }) => condition === readable));
  if (file === undefined) return undefined;
  const proven = file.condition === 'proven' ? file.published?.key : undefined;
  return { path: run.work.store.resolver.modelFile(run.target.directory, file.spec.path), ...(proven && { proven }) };
}

/** Every source said that it does not have the file, or none may be asked: for an optional one that is an answer, not a failure. */
const isAnswer = (error: unknown): boolean =>
  isModelError(error, 'OFFLINE') || (isModelError(error, 'SOURCE_UNAVAILABLE') && error.reason === 'not_found');

function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failures = results.filter((result) => result?.status === 'rejected').map((result) => asModelError(result.reason));
  const telling = failures.find((error) => error.code !== 'CANCELLED') ?? failures[0];
  if (telling !== undefined) throw telling;
}

function collect(groups: readonly (readonly SeenFile[])[], blobs: readonly (ObtainedBlob | undefined)[]): Obtained {
  return new Map(
    groups.flatMap((group, index) => {
      const blob = blobs[index];
      return blob === undefined ? [] : group.map((file): [string, ObtainedFile] => [file.spec.path, { blob, ...proofOf(file, blob) }]);
    }),
  );
}

/** Best first: the manifest, what a source published just now, the publication before. */
function proofOf({ spec, published }: SeenFile, { digest, upstream }: ObtainedBlob): FileProof {
  if (upstream !== undefined && spec.sha256 === undefined) return { proof: levelOf(upstream), upstream };
  return provenBy(spec, published?.sha256 === digest ? published : undefined);
}

export const digestOf = (obtained: Obtained, file: FileSpec): Sha256 | undefined => obtained.get(file.path)?.blob.digest;

export const blobsOf = (obtained: Obtained): ReadonlySet<ObtainedBlob> => new Set([...obtained.values()].map(({ blob }) => blob));
