/** `verify --deep`: whether weights are what their names say: safetensors headers, and indexes whose shards have the tensors that they name. */
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { isModelError, ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import type { FormatFault } from '../domain/results.ts';
import type { FileSpec } from '../domain/spec.ts';
import { parseWeightIndex, refuseLargeIndex, type WeightIndex } from '../formats/weight-index.ts';
import { isIndex } from './narrow-shards.ts';
import { isSafetensors, readTensors } from './weights.ts';

export interface FormatCheck {
  /** Whose bytes are right. */
  readonly files: readonly FileSpec[];
  readonly pathOf: (file: FileSpec) => string;
}

export async function checkFormats({ files, pathOf }: FormatCheck): Promise<readonly FormatFault[]> {
  const faults: FormatFault[] = [];
  const tensors = new Map<string, ReadonlySet<string>>();
  const attempt = async (file: FileSpec, check: () => Promise<void>): Promise<void> => {
    const fault = await faultIn(file, check);
    if (fault !== undefined) faults.push(fault);
  };
  for (const file of files.filter(({ path }) => isSafetensors(path))) {
    await attempt(file, async () => void tensors.set(file.path, new Set((await readTensors(pathOf(file))).map(({ name }) => name))));
  }
  for (const index of files.filter(isIndex)) {
    await attempt(index, async () => checkIndex(index, await readIndex(index, pathOf(index)), tensors));
  }
  return faults;
}

async function faultIn({ path }: FileSpec, check: () => Promise<void>): Promise<FormatFault | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (!isModelError(error, 'FORMAT_INVALID')) throw error;
    return { path, reason: error.reason ?? 'format_invalid', message: error.message };
  }
}

async function readIndex(file: FileSpec, path: string): Promise<WeightIndex> {
  refuseLargeIndex(file.sizeBytes);
  try {
    return parseWeightIndex(await readFile(path));
  } catch (error) {
    throw fsError(error, `read ${path}`);
  }
}

/** Only of shards that were read: whether one is missing is no question of formats. */
function checkIndex({ path }: FileSpec, { weightMap }: WeightIndex, tensors: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [tensor, shard] of weightMap) {
    const there = tensors.get(posix.join(posix.dirname(path), shard));
    if (there === undefined || there.has(tensor)) continue;
    throw new ModelError('FORMAT_INVALID', `it says that ${JSON.stringify(tensor).slice(0, 80)} is in ${shard}, which has no such tensor`, {
      reason: 'tensor_not_in_shard',
    });
  }
}
