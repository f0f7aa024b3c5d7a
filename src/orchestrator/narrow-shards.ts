/** Which of a model's files the proven weight indexes leave out. Pure. */
import { posix } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import type { FileSpec } from '../domain/spec.ts';
import { parseWeightIndex } from '../formats/weight-index.ts';

/** `…-00001-of-00006.safetensors` */
const SHARD_NAME = /-\d{5}-of-\d{5}\.[^/]+$/;

export interface ShardQuestion {
  /** Of the selection. */
  readonly files: readonly FileSpec[];
  /** Of the whole model: a selection may leave out what an index names. */
  readonly listed: readonly FileSpec[];
}

/**
 * @param readIndex the proven bytes of an index file
 * @returns paths of shards that lie beside an index and that it does not name
 * @throws ModelError FORMAT_INVALID for an index that is none, or that names a shard which the manifest does not list.
 */
export function unreferencedShards({ files, listed }: ShardQuestion, readIndex: (index: FileSpec) => Uint8Array): ReadonlySet<string> {
  const named = new Map<string, Set<string>>();
  for (const index of files.filter(isIndex)) {
    const folder = posix.dirname(index.path);
    const shards = named.get(folder) ?? new Set();
    for (const shard of readShards(index, readIndex)) shards.add(posix.join(folder, shard));
    named.set(folder, shards);
  }
  checkListed(listed, named);
  const shards = files.filter((file) => isShard(file) && named.has(posix.dirname(file.path)));
  return new Set(shards.filter((shard) => !named.get(posix.dirname(shard.path))?.has(shard.path)).map((shard) => shard.path));
}

/** Said to be one, or named as every writer of sharded weights names it. */
export const isIndex = (file: FileSpec): boolean => file.shardIndex || file.path.endsWith('.safetensors.index.json');

const isShard = (file: FileSpec): boolean => file.shardPart !== undefined || SHARD_NAME.test(file.path);

function readShards(index: FileSpec, readIndex: (index: FileSpec) => Uint8Array): readonly string[] {
  try {
    return parseWeightIndex(readIndex(index)).shards;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.code, `${index.path}: ${error.message}`, { ...(error.reason && { reason: error.reason }), cause: error });
  }
}

function checkListed(files: readonly FileSpec[], named: ReadonlyMap<string, ReadonlySet<string>>): void {
  const listed = new Set(files.map((file) => file.path));
  for (const shards of named.values()) {
    const missing = [...shards].find((shard) => !listed.has(shard));
    if (missing !== undefined) {
      throw new ModelError('FORMAT_INVALID', `the weight index names ${missing}, which the manifest does not list`, {
        reason: 'shard_not_listed',
        hint: 'add the shard to the files of the model, or correct the index at its source',
      });
    }
  }
}
