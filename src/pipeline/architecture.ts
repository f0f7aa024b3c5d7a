/** The shape of a model's transformer and of its VAE's decoder: from their config.json where that is here, else from the manifest. */
import { join } from 'node:path';
import type { FileSpec, ModelSpec } from '../domain/spec.ts';
import type { Architecture, DecoderShape } from './estimate-memory.ts';
import { type JsonObject, readJsonObject } from './read-json.ts';

/** Undefined where neither tells. */
export async function architectureOf({ files, vramEstimation }: ModelSpec, directory: string): Promise<Architecture | undefined> {
  const config = await configOf(files, 'transformer', directory);
  const { hiddenSize, layers } = { ...vramEstimation, ...(config && shapeIn(config)) };
  return hiddenSize === undefined || layers === undefined ? undefined : { hiddenSize, layers };
}

/** By the configuration of diffusers' AutoencoderKLWan; that of a native VAE lies in its code, and goes by its stride. */
export async function decoderOf({ files }: ModelSpec, directory: string, rowStride: number): Promise<DecoderShape> {
  const config = await configOf(files, 'vae', directory);
  const base = numberAt(config, 'decoder_base_dim') ?? numberAt(config, 'base_dim');
  // The residual decoder comes to full size with twice its base.
  const channels = base !== undefined && config?.is_residual === true ? 2 * base : base;
  if (channels !== undefined) return { channels, pixelStep: numberAt(config, 'patch_size') ?? 1 };
  return rowStride >= 16 ? WAN22_DECODER : WAN21_DECODER;
}

/** Of Wan2.1's VAE (base_dim 96), and of Wan2.2's (residual, decoder_base_dim 256, patches of 2 x 2 pixels). */
const WAN21_DECODER: DecoderShape = { channels: 96, pixelStep: 1 };
const WAN22_DECODER: DecoderShape = { channels: 512, pixelStep: 2 };

/** diffusers' keys, and those of Wan-AI's own code. */
function shapeIn(config: JsonObject): Partial<Architecture> {
  const heads = numberAt(config, 'num_attention_heads');
  const headSize = numberAt(config, 'attention_head_dim');
  const hiddenSize = heads !== undefined && headSize !== undefined ? heads * headSize : numberAt(config, 'dim');
  const layers = numberAt(config, 'num_layers');
  return { ...(hiddenSize !== undefined && { hiddenSize }), ...(layers !== undefined && { layers }) };
}

/** The config.json of a component lies beside its weights. */
async function configOf(files: readonly FileSpec[], component: string, directory: string): Promise<JsonObject | undefined> {
  const file = files.find(({ path, component: of }) => of === component && /(?:^|\/)config\.json$/.test(path));
  return file && readJsonObject(join(directory, ...file.path.split('/')));
}

function numberAt(config: JsonObject | undefined, key: string): number | undefined {
  const value = config?.[key];
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}
