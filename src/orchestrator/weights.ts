/** `show`: what the weights that are here say of themselves. Reads the headers of safetensors files, never tensors. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import { weakestProof } from '../domain/proof.ts';
import type { ComponentWeights, TensorFacts, WeightFile, WeightsReport } from '../domain/results.ts';
import type { FileSpec, ModelSpec } from '../domain/spec.ts';
import { elementCount } from '../formats/dtype.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { type InspectedFile, inspectSnapshot } from '../store/inspect-snapshot.ts';
import { sum } from '../util/sum.ts';
import type { Orchestration } from './orchestration.ts';

const SAFETENSORS = /\.safetensors$/i;
export const isSafetensors = (path: string): boolean => SAFETENSORS.test(path);
/** Weights, too, but in formats whose headers would have to be run or guessed. */
const OTHER_WEIGHTS = /\.(?:pth|pt|ckpt|bin|onnx|msgpack|gguf)$/i;

export async function weightsOf({ store }: Orchestration, spec: ModelSpec): Promise<WeightsReport> {
  const directory = store.resolver.modelDir(spec.family, spec.ref);
  const inspected = inspectSnapshot(store, directory, { files: spec.files, spec }).files.filter(
    ({ condition }) => condition !== 'left-out',
  );
  const files: WeightFile[] = [];
  for (const one of inspected) {
    if (isSafetensors(one.spec.path)) files.push(await weightFile(store.resolver.modelFile(directory, one.spec.path), one));
  }
  const groups = Map.groupBy(inspected, ({ spec: { component, overlay } }) => (overlay === undefined ? (component ?? '') : `+${overlay}`));
  const components = [...groups.values()].map((group) =>
    componentWeights(
      group.map((one) => one.spec),
      new Map(files.map((file) => [file.path, file])),
    ),
  );
  return { ref: spec.ref, variant: spec.variant, path: directory, components, files };
}

async function weightFile(path: string, { spec, condition }: InspectedFile): Promise<WeightFile> {
  const { component, overlay } = spec;
  const file = { path: spec.path, sizeBytes: spec.sizeBytes, ...(component && { component }), ...(overlay && { overlay }) };
  if (condition === 'missing') return file;
  try {
    return { ...file, tensors: await readTensors(path) };
  } catch (error) {
    if (!isModelError(error)) throw error;
    return { ...file, error: error.toJSON() };
  }
}

/** @throws ModelError FORMAT_INVALID */
export async function readTensors(path: string): Promise<readonly TensorFacts[]> {
  const handle = await openFile(path);
  try {
    const { size } = await handle.stat();
    const { tensors } = await readSafetensorsHeader((offset, length) => readAt(handle, offset, length), size);
    return tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  } finally {
    await handle.close();
  }
}

/** @throws ModelError as of any file system call, for a link too */
async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw fsError(error, `read ${path}`);
  }
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

/** @param files all of one component */
function componentWeights(files: readonly FileSpec[], read: ReadonlyMap<string, WeightFile>): ComponentWeights {
  const [{ component, overlay, mountedFrom } = {} as Partial<FileSpec>] = files;
  const weights = files.flatMap(({ path }) => read.get(path) ?? []);
  const tensors = weights.flatMap((file) => file.tensors ?? []);
  const parametersByDtype: Record<string, number> = {};
  for (const { dtype, shape } of tensors) parametersByDtype[dtype] = (parametersByDtype[dtype] ?? 0) + (elementCount(shape) ?? 0);
  return {
    ...(overlay !== undefined ? { overlay } : component !== undefined && { component }),
    ...(mountedFrom !== undefined && { mountedFrom }),
    fileCount: files.length,
    totalBytes: sum(files.map(({ sizeBytes }) => sizeBytes)),
    proof: weakestProof(files.map(({ proof }) => proof)) ?? 'size-only',
    weightFileCount: weights.length,
    readFileCount: weights.filter((file) => file.tensors !== undefined).length,
    missing: weights.filter((file) => file.tensors === undefined && file.error === undefined).map(({ path }) => path),
    unread: files.map(({ path }) => path).filter((path) => OTHER_WEIGHTS.test(path)),
    tensorCount: tensors.length,
    parameterCount: sum(Object.values(parametersByDtype)),
    parametersByDtype,
  };
}
