/** Files of one variant that are fetched: indexes first, which say which shards are worth it. */
import { readFileSync } from 'node:fs';
import { ModelError } from '../domain/errors.ts';
import type { FileSpec } from '../domain/spec.ts';
import { refuseLargeIndex } from '../formats/weight-index.ts';
import type { EnsureRun } from './ensure-run.ts';
import { isIndex, unreferencedShards } from './narrow-shards.ts';
import { digestOf, type Obtained, type ObtainRequest, obtainFiles } from './obtain-files.ts';
import type { SeenFile } from './plan-blobs.ts';

export interface ObtainedAll {
  readonly obtained: Obtained;
  /** Paths that need not be there. */
  readonly unreferenced: ReadonlySet<string>;
}

export async function obtainInOrder(run: EnsureRun, request: ObtainRequest): Promise<ObtainedAll> {
  const { files } = request;
  const indexes = await obtainFiles(run, { ...request, files: files.filter((file) => isIndex(file.spec)) });
  // An optional index that no source has names nothing.
  const known = files.map(({ spec }) => spec).filter((file) => !isIndex(file) || indexes.has(file.path));
  const unreferenced = unreferencedShards({ files: known, listed: run.target.spec.files }, (index) => readProven(run, indexes, index));
  run.meter.expect(-sizeOf(files.filter((file) => unreferenced.has(file.spec.path))));
  const rest = files.filter((file) => !isIndex(file.spec) && !unreferenced.has(file.spec.path));
  const others = await obtainFiles(run, { ...request, files: rest });
  run.meter.tell(true);
  return { obtained: new Map([...indexes, ...others]), unreferenced };
}

export const sizeOf = (files: readonly SeenFile[]): number => files.reduce((sum, file) => sum + file.spec.sizeBytes, 0);

function readProven(run: EnsureRun, indexes: Obtained, index: FileSpec): Uint8Array {
  const digest = digestOf(indexes, index);
  if (digest === undefined)
    throw new ModelError('COMPONENT_MISSING', `${index.path} names the shards of ${run.target.label}, and no source has it`);
  refuseLargeIndex(index.sizeBytes);
  return readFileSync(run.work.blobs.path(digest));
}
