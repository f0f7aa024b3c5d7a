/** What each component weighs once it is loaded. Pure. */
import type { MemoryComponent } from '../domain/memory-estimate.ts';
import type { ComponentWeights, WeightsReport } from '../domain/results.ts';
import type { ModelSpec } from '../domain/spec.ts';

const BYTES_OF: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 };
/** As manifests write them. */
const DTYPES: Readonly<Record<string, string>> = {
  fp32: 'F32',
  f32: 'F32',
  float32: 'F32',
  bf16: 'BF16',
  bfloat16: 'BF16',
  fp16: 'F16',
  f16: 'F16',
  float16: 'F16',
};
const BILLION = 1e9;

export const dtypeNamed = (name: unknown): string | undefined => (typeof name === 'string' ? DTYPES[name.toLowerCase()] : undefined);

/** In the manifest's order; those without weights (a tokenizer, a scheduler) are none. */
export function loadedComponents(spec: ModelSpec, { components }: WeightsReport): MemoryComponent[] {
  return components.flatMap((one): MemoryComponent[] => {
    const { component: name } = one;
    if (name === undefined || (one.weightFileCount === 0 && one.unread.length === 0)) return [];
    return [{ name, ...(isTransformer(name) ? transformer(spec, one) : asStored(one)), storedBytes: weightFileBytes(spec, name, one) }];
  });
}

export const isTransformer = (name: string): boolean => name.startsWith('transformer');

type Loaded = Pick<MemoryComponent, 'parameters' | 'dtype' | 'weightBytes'>;

/** In the precision that the model computes in, whatever it is stored in; one that takes no more stays. */
function transformer(spec: ModelSpec, one: ComponentWeights): Loaded {
  const stored = storedDtype(spec, one);
  const wanted = dtypeNamed(spec.defaults.precision) ?? 'BF16';
  const dtype = stored !== undefined && bytesOf(stored) <= bytesOf(wanted) ? stored : wanted;
  const parameters = parametersOf(spec, one, stored);
  return { parameters, dtype, weightBytes: parameters * bytesOf(dtype) };
}

function parametersOf({ vramEstimation }: ModelSpec, one: ComponentWeights, stored: string | undefined): number {
  if (one.readFileCount === one.weightFileCount && one.parameterCount > 0) return one.parameterCount;
  return vramEstimation?.paramsBillion === undefined ? one.totalBytes / bytesOf(stored) : vramEstimation.paramsBillion * BILLION;
}

/** By most of its parameters, else by the variant. */
function storedDtype({ derivation, variant }: ModelSpec, { parametersByDtype }: ComponentWeights): string | undefined {
  const [most] = Object.entries(parametersByDtype).sort(([, a], [, b]) => b - a);
  return most?.[0] ?? dtypeNamed(derivation?.dtype ?? variant);
}

function asStored(one: ComponentWeights): Loaded {
  const [dtype, ...others] = Object.keys(one.parametersByDtype);
  const isKnown = one.readFileCount === one.weightFileCount && one.parameterCount > 0;
  const weightBytes = isKnown
    ? Object.entries(one.parametersByDtype).reduce((sum, [name, count]) => sum + count * bytesOf(name), 0)
    : one.totalBytes;
  return { ...(isKnown && { parameters: one.parameterCount }), ...(others.length === 0 && dtype !== undefined && { dtype }), weightBytes };
}

function weightFileBytes({ files }: ModelSpec, name: string, { unread }: ComponentWeights): number {
  const isWeights = (path: string): boolean => /\.safetensors$/i.test(path) || unread.includes(path);
  return files.filter((file) => file.component === name && isWeights(file.path)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

const bytesOf = (dtype: string | undefined): number => BYTES_OF[dtype ?? ''] ?? 4;
