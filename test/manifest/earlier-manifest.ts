/**
 * A manifest as the generator of the earlier attempt wrote them: its fields, its names, its layout, with small files that exist. What it
 * could not do (digests that somebody made up) is put in by the tests that want it.
 */
import { hash } from 'node:crypto';

export interface EarlierFile {
  readonly path: string;
  readonly content: string;
  readonly component: 'config' | 'vae' | 'text_encoder' | 'image_encoder' | 'unet';
  readonly shardIndex?: boolean;
  readonly shardPart?: number;
}

export interface EarlierModel {
  readonly id: string;
  readonly description: string;
  readonly repo: string;
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** The real manifest had the patterns on the model, the example of the design under its sources. */
  readonly patternsOn: 'model' | 'sources';
  readonly defaults: string;
  readonly vram: string;
  readonly files: readonly EarlierFile[];
}

const PATTERNS = '["*.safetensors", "*.json", "*.pth", "*.model", "*.index.json"]';

/** One series of shards with its index, which does not name the last file: of an older sharding. */
function unet(folder: string, count: number): EarlierFile[] {
  const name = (part: number, of: number): string => `diffusion_pytorch_model-0000${part}-of-0000${of}.safetensors`;
  const parts = Array.from({ length: count }, (_, at) => at + 1);
  const index = { weight_map: Object.fromEntries(parts.map((part) => [`blocks.${part}.weight`, name(part, count)])) };
  const file = (path: string, content: string): EarlierFile => ({ path: `${folder}${path}`, content, component: 'unet' });
  return [
    { ...file('diffusion_pytorch_model.safetensors.index.json', JSON.stringify(index)), shardIndex: true },
    ...parts.map((part) => ({ ...file(name(part, count), `${folder} shard ${part}`), shardPart: part })),
    { ...file(name(1, 1), `${folder} of an older sharding`), shardPart: 1 },
  ];
}

const shared: readonly EarlierFile[] = [
  { path: 'models_t5_umt5-xxl-enc-bf16.pth', content: 'the text encoder', component: 'text_encoder' },
  { path: 'google/umt5-xxl/tokenizer.json', content: '{"tokens":[]}', component: 'text_encoder' },
  { path: 'google/umt5-xxl/spiece.model', content: 'the pieces', component: 'text_encoder' },
];

const experts = ['high_noise_model/', 'low_noise_model/'].flatMap((folder) => [
  { path: `${folder}config.json`, content: '{"dim":5120}', component: 'unet' as const },
  ...unet(folder, 6),
]);

export const EARLIER_MODELS: readonly EarlierModel[] = [
  {
    id: 't2v-A14B@2.2.0',
    description: 'WAN2.2 Text-to-Video A14B Model',
    repo: 'Wan-AI/Wan2.2-T2V-A14B',
    required: ['text_encoder', 'unet', 'vae'],
    optional: [],
    patternsOn: 'model',
    defaults:
      'fps = 24\nframes = 16\nscheduler = "ddim"\nprecision = "fp16"\nguidance_scale = 7.5\nnum_inference_steps = 50\nvae_tile_size = 512\nvae_decode_chunk_size = 8',
    vram: 'params_billion = 14.0\nfamily_size = "large"\nbase_vram_gb = 12.0\nper_frame_vram_mb = 256.0',
    files: [
      { path: 'configuration.json', content: '{"framework":"pytorch"}', component: 'config' },
      { path: 'Wan2.1_VAE.pth', content: 'the VAE', component: 'vae' },
      ...shared,
      ...experts,
    ],
  },
  {
    id: 'ti2v-5b@2.2.0',
    description: 'WAN2.2 Text+Image-to-Video 5B Model',
    repo: 'Wan-AI/Wan2.2-TI2V-5B',
    required: ['text_encoder', 'unet', 'vae'],
    optional: ['config'],
    patternsOn: 'sources',
    defaults: 'fps = 24\nframes = 24\nimage_guidance_scale = 1.2\ntext_guidance_scale = 7.5',
    vram: 'params_billion = 5.0\nfamily_size = "medium"\nbase_vram_gb = 10.0\nper_frame_vram_mb = 200.0',
    files: [
      { path: 'config.json', content: '{"dim":3072}', component: 'config' },
      { path: 'Wan2.2_VAE.pth', content: 'the other VAE', component: 'vae' },
      ...shared,
      ...unet('', 3),
    ],
  },
];

export function earlierManifest(models: readonly EarlierModel[]): string {
  return ['schema_version = 1', ...models.map(modelText)].join('\n\n');
}

function modelText(model: EarlierModel): string {
  const table = `models."${model.id}"`;
  const list = (names: readonly string[]): string => JSON.stringify(names);
  return [
    `[${table}]`,
    `description = "${model.description}"`,
    'version = "2.2.0"',
    'variants = ["fp16", "bf16"]',
    'default_variant = "fp16"',
    'resolution_caps = ["720p24", "1080p24"]',
    `required_components = ${list(model.required)}`,
    `optional_components = ${list(model.optional)}`,
    'lora_required = false',
    ...(model.patternsOn === 'model' ? [`allow_patterns = ${PATTERNS}`] : []),
    `\n[${table}.defaults]\n${model.defaults}`,
    `\n[${table}.vram_estimation]\n${model.vram}`,
    ...model.files.map((file) => fileText(table, file)),
    `\n[${table}.sources]`,
    `priority = ${list([`local://wan22/${model.id}`, `s3://ai-models/wan22/${model.id}`, `hf://${model.repo}`])}`,
    ...(model.patternsOn === 'sources' ? [`allow_patterns = ${PATTERNS}`] : []),
  ].join('\n');
}

const fileText = (table: string, { path, content, component, shardIndex, shardPart }: EarlierFile): string =>
  [
    `\n[[${table}.files]]`,
    `path = "${path}"`,
    `size = ${Buffer.byteLength(content)}`,
    `sha256 = "${hash('sha256', content)}"`,
    'optional = false',
    `component = "${component}"`,
    ...(shardIndex === true ? ['shard_index = true'] : []),
    ...(shardPart === undefined ? [] : [`shard_part = ${shardPart}`]),
  ].join('\n');
