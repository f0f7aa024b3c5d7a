/** What is to be written for each derived file, once its inputs are here: exact to the byte. Reads headers only. */
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { posix } from 'node:path';
import { DERIVER, type Derived, type DerivedDtype } from '../domain/derived.ts';
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import type { FileSpec } from '../domain/spec.ts';
import { type CastPlan, planCast } from '../formats/plan-cast.ts';
import { rewriteWeightIndex } from '../formats/rewrite-index.ts';
import { readSafetensorsHeader, type SafetensorsHeader } from '../formats/safetensors.ts';
import { parseWeightIndex, refuseLargeIndex } from '../formats/weight-index.ts';
import type { SeenFile } from './plan-blobs.ts';

export interface InputBlob {
  readonly digest: Sha256;
  /** Absolute. */
  readonly path: string;
}

interface Order {
  readonly file: SeenFile;
  readonly derived: Derived;
  readonly sizeBytes: number;
}

/** Weights to be cast, or the bytes of an index. */
export type DeriveOrder = Order & ({ readonly cast: CastPlan; readonly inputPath: string } | { readonly bytes: Uint8Array });

/** By path in the model. */
export interface Material {
  /** Blobs of the inputs; of an index's shards those that it names. */
  readonly inputs: ReadonlyMap<string, InputBlob>;
  /** Casts that are here already: of an index's shards they stand for their input. */
  readonly casts: ReadonlyMap<string, { readonly derived: Derived; readonly path: string }>;
}

export async function planDerivations(files: readonly SeenFile[], material: Material): Promise<DeriveOrder[]> {
  const plans = new Map<string, Promise<CastPlan>>();
  const planOf: PlanOf = (file, input, dtype) => {
    const plan = plans.get(file.path) ?? readCast(file, input, dtype);
    plans.set(file.path, plan);
    return plan;
  };
  const orders: DeriveOrder[] = [];
  for (const file of files) orders.push(await planOne(file, material, planOf));
  return orders;
}

type PlanOf = (file: FileSpec, input: InputBlob, dtype: DerivedDtype) => Promise<CastPlan>;

async function planOne(file: SeenFile, material: Material, planOf: PlanOf): Promise<DeriveOrder> {
  const { derive } = file.spec;
  const [own, ...shards] = derive?.inputs ?? [];
  const input = own && material.inputs.get(own.path);
  if (derive === undefined || own === undefined || input === undefined) throw new Error(`${file.spec.path} has no input`);
  const { dtype } = derive;
  if (isWeights(file.spec)) {
    const cast = await planOf(own, input, dtype);
    return { file, derived: { from: [input.digest], dtype, deriver: DERIVER }, cast, inputPath: input.path, sizeBytes: cast.sizeBytes };
  }
  const found = await Promise.all(shards.map((shard) => dataOf(shard, material, { dtype, planOf })));
  const beside = found.flatMap((shard) => shard ?? []);
  const bytes = naming(own, () => rewrittenIndex(own, input.path, beside));
  const from = [input.digest, ...beside.map(({ digest }) => digest)];
  const derived: Derived = { from, dtype, deriver: DERIVER, ...(beside.some(({ isPinned }) => isPinned) && { pinned: true }) };
  return { file, derived, bytes, sizeBytes: bytes.byteLength };
}

/** Weights may lie beside an index that are none of its shards. */
function rewrittenIndex(own: FileSpec, inputPath: string, beside: readonly ShardData[]): Uint8Array {
  refuseLargeIndex(own.sizeBytes);
  const raw = readFileSync(inputPath);
  const folder = posix.dirname(own.path);
  const named = new Set(parseWeightIndex(raw).shards.map((shard) => posix.join(folder, shard)));
  return rewriteWeightIndex(
    raw,
    beside.reduce((sum, { path, dataBytes }) => sum + (named.has(path) ? dataBytes : 0), 0),
  );
}

interface ShardData {
  /** In the model. */
  readonly path: string;
  readonly digest: Sha256;
  /** Of the cast. */
  readonly dataBytes: number;
  /** Known by the header of a cast that nobody made here. */
  readonly isPinned: boolean;
}

/** Undefined for a shard that the index does not name. */
async function dataOf(
  shard: FileSpec,
  { inputs, casts }: Material,
  { dtype, planOf }: { readonly dtype: DerivedDtype; readonly planOf: PlanOf },
): Promise<ShardData | undefined> {
  const input = inputs.get(shard.path);
  const { path } = shard;
  if (input !== undefined) return { path, digest: input.digest, dataBytes: (await planOf(shard, input, dtype)).dataBytes, isPinned: false };
  const cast = casts.get(shard.path);
  const [digest] = cast?.derived.from ?? [];
  if (cast === undefined || digest === undefined) return undefined;
  const { dataBytes } = await readHeader(shard, cast.path);
  return { path, digest, dataBytes, isPinned: cast.derived.pinned === true };
}

const isWeights = ({ path }: FileSpec): boolean => path.endsWith('.safetensors');

async function readCast(file: FileSpec, { path, digest }: InputBlob, dtype: DerivedDtype): Promise<CastPlan> {
  return planCast(await readHeader(file, path), { dtype, note: { derived_by: `${DERIVER}: ${dtype} from sha256:${digest}` } });
}

async function readHeader(file: FileSpec, path: string): Promise<SafetensorsHeader> {
  try {
    await using handle = await open(path, 'r');
    const { size } = await handle.stat();
    return await readSafetensorsHeader(async (offset, length) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    }, size);
  } catch (error) {
    throw named(file, fsError(error, `read the header of ${path}`));
  }
}

function naming<T>(file: FileSpec, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof ModelError ? named(file, error) : error;
  }
}

/** What is wrong with a file says which file. */
const named = ({ path }: FileSpec, error: ModelError): ModelError =>
  new ModelError(error.code, `${path}: ${error.message}`, {
    ...(error.reason && { reason: error.reason }),
    details: { ...error.details, file: path },
    cause: error,
  });
