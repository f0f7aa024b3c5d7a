/** Files of a model as recipes: nothing is in memory until it is written. */
import { tensorBytes } from '../../src/formats/dtype.ts';
import { type TensorPlan, writeSafetensors } from '../../src/formats/safetensors-writer.ts';
import { randomWeights, type WeightType } from './random-bytes.ts';

export interface ModelFile {
  /** Relative to the model or component. */
  readonly path: string;
  readonly component?: string;
  readonly shardIndex?: boolean;
  /** 1-based. */
  readonly shardPart?: number;
  /** Of a file of an overlay: the component that its weights are added to. */
  readonly appliesTo?: string;
  readonly bytes: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** An object as JSON, as save_pretrained writes it; bytes as they are. */
export function json(path: string, content: object): ModelFile {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(`${JSON.stringify(content, null, 2)}\n`);
  return { path, bytes: () => [bytes] };
}

export function singleWeights(path: string, seed: string, tensors: readonly TensorPlan[]): ModelFile {
  return {
    path,
    bytes: () =>
      writeSafetensors({
        tensors,
        metadata: { format: 'pt' },
        bytesOf: ({ name, dtype, shape }) =>
          randomWeights(
            `${seed} ${name}`,
            dtype as WeightType,
            shape.reduce((product, length) => product * length, 1),
          ),
      }),
  };
}

export interface ShardedWeights {
  /** `transformer/diffusion_pytorch_model` */
  readonly stem: string;
  readonly seed: string;
  readonly tensors: readonly TensorPlan[];
  readonly shards: number;
}

/** `{stem}-00001-of-00012.safetensors` and so on, and the index that tells which tensor is where. */
export function shardedWeights({ stem, seed, tensors, shards }: ShardedWeights): ModelFile[] {
  const parts = split(tensors, shards);
  const pathOf = (part: number) => `${stem}-${digits(part + 1)}-of-${digits(shards)}.safetensors`;
  const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const entries = parts.flatMap((tensorsOfPart, part) => tensorsOfPart.map(({ name }): [string, string] => [name, baseName(pathOf(part))]));
  const index = {
    metadata: { total_size: totalBytes(tensors) },
    weight_map: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return [
    { ...json(`${stem}.safetensors.index.json`, index), shardIndex: true },
    ...parts.map((tensorsOfPart, part) => ({ ...singleWeights(pathOf(part), seed, tensorsOfPart), shardPart: part + 1 })),
  ];
}

/** Consecutive tensors in `shards` parts of about as many bytes; no part is empty while there are tensors enough. */
function split(tensors: readonly TensorPlan[], shards: number): TensorPlan[][] {
  const total = totalBytes(tensors);
  const parts: TensorPlan[][] = Array.from({ length: shards }, () => []);
  let before = 0;
  for (const tensor of tensors) {
    const size = totalBytes([tensor]);
    parts[Math.min(shards - 1, Math.floor(((before + size / 2) * shards) / total))]?.push(tensor);
    before += size;
  }
  return parts;
}

const totalBytes = (tensors: readonly TensorPlan[]): number =>
  tensors.reduce((sum, { dtype, shape }) => sum + (tensorBytes(dtype, shape) ?? 0), 0);

const digits = (part: number): string => String(part).padStart(5, '0');
