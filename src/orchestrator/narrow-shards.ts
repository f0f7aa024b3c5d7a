/** Which of a model's files the proven weight indexes leave out. Pure. */
import { posix } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import type { FileSpec } from '../domain/spec.ts';
import { parseWeightIndex } from '../formats/weight-index.ts';

/** `…-00001-of-00006.safetensors` */
const SHARD_NAME = /-\d{5}-of-\d{5}(?=\.[^/]+$)/;
/** `X.safetensors.index.json`, and with a variant `X.safetensors.index.fp16.json`. */
const INDEX_NAME = /^(?<stem>.+)\.(?<kind>safetensors|bin)\.index(?<variant>\.[\w-]+)?\.json$/;

export interface ShardQuestion {
  /** Of the selection. */
  readonly files: readonly FileSpec[];
  /** Of the whole model: a selection may leave out what an index names. */
  readonly listed: readonly FileSpec[];
}

/**
 * An index speaks of its own series only: the shards that have its name, and those called like the ones that it names. Another series in
 * the same folder, with an index of its own or with none, is none of its business.
 * @param readIndex the proven bytes of an index file
 * @returns paths of shards of an index's series that no index names
 * @throws ModelError FORMAT_INVALID for an index that is none, or that names a shard which the manifest does not list.
 */
export function unreferencedShards({ files, listed }: ShardQuestion, readIndex: (index: FileSpec) => Uint8Array): ReadonlySet<string> {
  const named = new Set<string>();
  const series = new Set<string>();
  for (const index of files.filter(isIndex)) {
    series.add(seriesOfIndex(index.path));
    for (const shard of readShards(index, readIndex)) {
      const path = posix.join(posix.dirname(index.path), shard);
      named.add(path);
      series.add(seriesOf(path));
    }
  }
  checkListed(listed, named);
  const leftOut = files.filter((file) => isShard(file) && series.has(seriesOf(file.path)) && !named.has(file.path));
  return new Set(leftOut.map(({ path }) => path));
}

/** Said to be one, or named as every writer of sharded weights names it. */
export const isIndex = (file: FileSpec): boolean => file.shardIndex || INDEX_NAME.test(posix.basename(file.path));

const isShard = (file: FileSpec): boolean => !isIndex(file) && (file.shardPart !== undefined || SHARD_NAME.test(file.path));

/** The path without what tells one shard of a series from the others: `…/m-00001-of-00006.safetensors` is one of `…/m.safetensors`. */
function seriesOf(path: string): string {
  if (SHARD_NAME.test(path)) return path.replace(SHARD_NAME, '');
  const name = posix.basename(path);
  return posix.join(posix.dirname(path), name.replaceAll(/\d+/g, '#'));
}

/** An index of another name has no series but those of the shards that it names. */
function seriesOfIndex(path: string): string {
  const { stem, kind, variant = '' } = INDEX_NAME.exec(posix.basename(path))?.groups ?? {};
  return stem === undefined ? path : posix.join(posix.dirname(path), `${stem}${variant}.${kind}`);
}

function readShards(index: FileSpec, readIndex: (index: FileSpec) => Uint8Array): readonly string[] {
  try {
    return parseWeightIndex(readIndex(index)).shards;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.code, `${index.path}: ${error.message}`, { ...(error.reason && { reason: error.reason }), cause: error });
  }
}

function checkListed(files: readonly FileSpec[], named: ReadonlySet<string>): void {
  const listed = new Set(files.map((file) => file.path));
  const missing = [...named].find((shard) => !listed.has(shard));
  if (missing === undefined) return;
  throw new ModelError('FORMAT_INVALID', `the weight index names ${missing}, which the manifest does not list`, {
    reason: 'shard_not_listed',
    hint: 'add the shard to the files of the model, or correct the index at its source',
  });
}
