/**
 * Manifest v1, the shape: schemas/manifest.v1.json and the key tables of docs/manifest.md are generated from this. What a
 * shape cannot say (paths, collisions, names that must exist) is checked by the rules beside it.
 *
 * Integers are bigints here because that is how TOML's own difference between `1` and `1.0` survives the parser.
 * Importing this file costs the import of zod: only the cold path does.
 */
import { z } from 'zod';

export const SCHEMA_VERSION = 1;

const text = z.string();
const flag = z.boolean();
const names = z.array(z.string());
const count = z.bigint().min(0n).max(BigInt(Number.MAX_SAFE_INTEGER)).transform(Number);
const positive = z.bigint().min(1n).max(BigInt(Number.MAX_SAFE_INTEGER)).transform(Number);
const amount = z.union([z.bigint().transform(Number), z.number()]);
const scalar = z.union([z.string(), z.boolean(), amount]);
const table = <Value extends z.ZodType>(value: Value) => z.record(z.string(), value);

const fileSchema = z
  .strictObject({
    path: text.describe('Path inside the model directory, `/`-separated; safe on every platform or refused.'),
    size: count.describe('Size in bytes.'),
    sha256: text
      .regex(/^(?:sha256:)?[0-9a-fA-F]{64}$/)
      .optional()
      .describe(
        'sha256 of the file: 64 hex digits, a `sha256:` prefix allowed. Without it only the size can be proven, until a lockfile pins more.',
      ),
    optional: flag.optional().describe('The file may be missing at its sources.'),
    component: text.optional().describe('Component that the file belongs to; files without one belong to every selection.'),
    variants: names.optional().describe('Variants that hold the file; all when left out.'),
    url: text.optional().describe('A URL of its own (presigned, say), tried before the sources.'),
    shard_index: flag.optional().describe('The file is an index (`*.safetensors.index.json`) that names the shards.'),
    shard_part: positive.optional().describe('1-based number of this shard inside its series.'),
  })
  .describe('One file: `[[models."name@version".files]]`.');

const sourcesSchema = z
  .strictObject({
    priority: names
      .min(1)
      .describe(
        'Source URLs, best first: `local://`, `file://`, `http://`, `https://`, `s3://`, `hf://`, `github://`, `peer://`, `memory://`.',
      ),
    allow_patterns: names.optional().describe('Globs; files that none of them matches are skipped. See "Patterns".'),
  })
  .describe('Where files come from: `[models."name@version".sources]`.');

const mountSchema = z
  .strictObject({
    component: text.describe('Id of the component, `name@version`.'),
    path: text
      .optional()
      .describe("Folder that the component's files appear under; `.` is the model directory itself. Default: the mount's name."),
  })
  .describe('A mount with a folder of its own: `mounts = { tokenizer = { component = "umt5@2.2.0", path = "google/umt5-xxl" } }`.');

const pipelineSchema = z
  .strictObject({
    class: text
      .optional()
      .describe(
        'Pipeline class that loads the model. `WanT2VPipeline`, `WanI2VPipeline` and `WanTI2VPipeline` are older names of `WanPipeline`, `WanImageToVideoPipeline` and `WanPipeline`.',
      ),
    required_components: names.optional().describe('Components that the pipeline cannot run without.'),
    forbidden_components: names.optional().describe('Components that must not be there.'),
    modes: names.optional().describe('What the pipeline can do: `t2v`, `i2v`, `ti2v`.'),
    required_inputs: names.optional().describe('What a request must bring: `prompt`, `image`.'),
    forbidden_inputs: names.optional().describe('What a request must not bring: text to video takes no `image`.'),
  })
  .describe('`[models."name@version".pipeline]`');

const defaultsSchema = z
  .object({
    fps: positive.optional().describe('Frames a second.'),
    frames: positive.optional().describe('Frames of one video.'),
    resolution: text.optional().describe('`1280x720`, or one of resolution_caps.'),
    scheduler: text.optional().describe('Name of the scheduler.'),
    precision: text.optional().describe('Number format to compute in.'),
    steps: positive.optional().describe('Denoising steps.'),
    num_inference_steps: positive.optional().describe('Older name of steps.'),
    guidance_scale: amount.optional().describe('Classifier-free guidance; of two experts, that of the high-noise one.'),
    guidance_scale_2: amount.optional().describe('Guidance of the low-noise expert.'),
    boundary: amount.optional().describe('Share of the timesteps above which the high-noise expert works, 0 to 1.'),
    image_guidance_scale: amount.optional().describe('Guidance by the image.'),
    text_guidance_scale: amount.optional().describe('Guidance by the text.'),
    shift: amount.optional().describe('Timestep shift of the flow scheduler.'),
    vae_tile_size: positive.optional().describe('Pixels of a VAE tile.'),
    vae_tile_stride: positive.optional().describe('Pixels from one VAE tile to the next.'),
    vae_decode_chunk_size: positive.optional().describe('Frames that the VAE decodes at once.'),
    vae_stride: z.array(positive).optional().describe('Frames, rows and columns that one latent stands for: `[4, 8, 8]`.'),
    max_text_length: positive.optional().describe('Tokens of a prompt; what is longer is cut.'),
  })
  .catchall(z.union([scalar, z.array(scalar)]))
  .describe(
    'Generation defaults, passed on as written: `[models."name@version".defaults]`. Other keys may hold strings, numbers, booleans and lists of them.',
  );

const vramSchema = z
  .strictObject({
    params_billion: amount.optional().describe('Parameters, in billions; of two experts those of one.'),
    hidden_size: positive.optional().describe('Channels of the transformer. Where its config.json is here, that counts.'),
    layers: positive.optional().describe('Layers of the transformer. Where its config.json is here, that counts.'),
    family_size: z.enum(['small', 'medium', 'large']).optional().describe('Rough size class.'),
    base_vram_gb: amount.optional().describe('GPU memory before the first frame, in GB.'),
    per_frame_vram_mb: amount.optional().describe('GPU memory for each frame, in MB.'),
    min_vram_gb: amount.optional().describe('GPU memory that the authors of the model ask for on one GPU, in GB.'),
    measured_peak_gb: table(amount).optional().describe('Peaks that the authors measured, in GB, by resolution: `{ 720p = 59.8 }`.'),
  })
  .describe('`[models."name@version".vram_estimation]`');

const variantSchema = z
  .strictObject({
    description: text.optional().describe('One line for people.'),
    files: z.array(fileSchema).optional().describe("Files of this variant: added to the model's, replacing those with the same path."),
    sources: sourcesSchema.optional().describe("Sources of this variant, instead of the model's."),
    derive_from: text.optional().describe('Variant that the weights are made from, instead of being fetched.'),
    dtype: text.optional().describe('Number format of the derived weights: `bf16`, `fp16`.'),
    derive_components: names
      .optional()
      .describe('Components whose weights are converted; all others stay as in `derive_from`. Left out: every component.'),
  })
  .describe('`[models."name@version".variant.bf16]`');

const overlayFileSchema = fileSchema
  .extend({
    applies_to: text
      .optional()
      .describe(
        'Component of the model that the weights are added to: of a pair `transformer` for high noise, `transformer_2` for low noise.',
      ),
    weight: amount.optional().describe("Factor of this file's weights, instead of the overlay's."),
  })
  .describe('One file of an overlay: `[[models."name@version".overlays.lightning.files]]`.');

const overlaySchema = z
  .strictObject({
    description: text.optional().describe('One line for people.'),
    base_family: text.optional().describe("Models that it was trained for: must equal the model's `base_family`."),
    weight: amount.optional().describe('Factor of its weights. Default 1.'),
    defaults: defaultsSchema
      .optional()
      .describe("Generation defaults that stand instead of the model's: `{ steps = 4, guidance_scale = 1.0 }`."),
    files: z.array(overlayFileSchema).optional().describe("Files of the overlay, beside the model's."),
    sources: sourcesSchema.optional().describe("Where the overlay's files come from; the model's sources when left out."),
    license: text.optional().describe('SPDX id of the license.'),
    tags: names.optional().describe('Free words.'),
  })
  .describe(
    'A LoRA or other addition, asked for with `--overlay` or `name@version@+overlay`: `[models."name@version".overlays.lightning]`.',
  );

const componentSchema = z
  .strictObject({
    description: text.optional().describe('One line for people.'),
    files: z.array(fileSchema).optional().describe("Files, with paths inside the component's folder."),
    sources: sourcesSchema.optional().describe("Where they come from; else from the mounting model's sources, under the mounted path."),
    allow_patterns: names.optional().describe('Globs; files that none of them matches are skipped.'),
    license: text.optional().describe('SPDX id of the license.'),
    tags: names.optional().describe('Free words.'),
  })
  .describe('Files that several models share, kept once: `[components."name@version"]`.');

const modelSchema = z
  .strictObject({
    description: text.optional().describe('One line for people.'),
    version: text.optional().describe('Version; must equal the one in the id.'),
    family: text.optional().describe('Folder under MODELS_ROOT. Default `wan22`.'),
    type: text.optional().describe('What the model does: `text-to-video`, `image-to-video`, `text-generation`, …'),
    variants: names.min(1).optional().describe('Names of the variants. Default: one, named `default`.'),
    default_variant: text.optional().describe('The variant that a reference without one means. Default: the first of variants.'),
    resolution_caps: names.optional().describe('Resolutions that the model was made for: `720p24`.'),
    required_components: names.optional().describe('Components that every selection includes.'),
    optional_components: names.optional().describe('Components that are taken only when asked for.'),
    base_family: text.optional().describe('Models of the same base family take the same overlays. Default: the name of the model.'),
    lora_required: flag.optional().describe('The model does not work without an overlay.'),
    allow_patterns: names.optional().describe('Globs, as in sources; both lists together.'),
    files: z.array(fileSchema).optional().describe('Files. Left out: listed from the source and pinned by `wan models lock`.'),
    sources: sourcesSchema.optional().describe('Where the files come from.'),
    mounts: table(z.union([z.string(), mountSchema]))
      .optional()
      .describe('Shared components: mount name -> component id. The files appear in a folder of that name, as component of that name.'),
    pipeline: pipelineSchema.optional().describe('What loads the model.'),
    defaults: defaultsSchema.optional().describe('Generation defaults.'),
    vram_estimation: vramSchema.optional().describe('Figures for the GPU memory estimate.'),
    variant: table(variantSchema).optional().describe('What single variants have of their own, by name.'),
    overlays: table(overlaySchema).optional().describe('Additions that can be asked for, by name.'),
    environments: table(z.string()).optional().describe('Environment -> variant: `{ production = "fp32", development = "fp16" }`.'),
    license: text.optional().describe('SPDX id of the license.'),
    tags: names.optional().describe('Free words.'),
  })
  .describe('`[models."name@version"]`');

const manifestSchema = z
  .strictObject({
    schema_version: z.literal(BigInt(SCHEMA_VERSION)).transform(Number).describe('Version of this format: 1.'),
    models: table(modelSchema).optional().describe('The models, by `name@version`.'),
    components: table(componentSchema).optional().describe('Shared components, by `name@version`.'),
  })
  .describe('wan-models manifest, version 1 (`models.toml`).');

export const SCHEMAS = {
  manifest: manifestSchema,
  model: modelSchema,
  file: fileSchema,
  sources: sourcesSchema,
  component: componentSchema,
  mount: mountSchema,
  variant: variantSchema,
  overlay: overlaySchema,
  overlay_file: overlayFileSchema,
  pipeline: pipelineSchema,
  defaults: defaultsSchema,
  vram_estimation: vramSchema,
};

export type ManifestModel = z.output<typeof modelSchema>;
export type ManifestComponent = z.output<typeof componentSchema>;
export type ManifestFile = z.output<typeof fileSchema>;
export type ManifestOverlay = z.output<typeof overlaySchema>;
