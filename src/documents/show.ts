/** The document of `wan models show`, and the record that an overlay view holds. */
import { z } from 'zod';
import { absolutePath, bytes, errorObject, proof, ref } from './envelope.ts';

const names = z.array(z.string());
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const values = z.record(z.string(), z.unknown());
const count = z.int().min(0);

const component = z.object({
  component: z.string().optional().meta({ description: 'absent: files of no component, or of an overlay' }),
  overlay: z.string().optional(),
  mounted_from: z.string().optional(),
  file_count: count,
  total_bytes: bytes,
  proof: proof.meta({ description: 'the weakest of its files' }),
  weight_file_count: count.meta({ description: 'safetensors files' }),
  read_file_count: count.meta({ description: 'of these: whose headers are here, and were read for the figures below' }),
  missing_weights: names.meta({ description: 'safetensors files that are not here' }),
  unread_weights: names.meta({ description: 'weights in other formats, of which nothing is read' }),
  tensor_count: count,
  parameter_count: count,
  parameters_by_dtype: z.record(z.string(), count),
});

const overlay = z.object({
  name: z.string(),
  description: z.string().optional(),
  base_family: z.string().optional(),
  defaults: values,
  files: z.array(z.object({ path: z.string(), applies_to: z.string().optional(), weight: z.number() })),
});

const pipeline = z.object({
  class: z.string().optional(),
  class_written_as: z.string().optional().meta({ description: 'as the manifest has it, where that is an older name of the class' }),
  modes: names,
  required_components: names,
  forbidden_components: names,
  required_inputs: names,
  forbidden_inputs: names,
});

const vram = z.object({
  params_billion: z.number().optional(),
  hidden_size: z.int().min(1).optional(),
  layers: z.int().min(1).optional(),
  family_size: z.enum(['small', 'medium', 'large']).optional(),
  base_vram_gb: z.number().optional(),
  per_frame_vram_mb: z.number().optional(),
  min_vram_gb: z.number().optional(),
  measured_peak_gb: z.record(z.string(), z.number()).optional(),
});

const tensor = z.object({ name: z.string(), dtype: z.string(), shape: z.array(count) });

export const showData = z.object({
  ref,
  variant: z.string(),
  model_id: z.string(),
  name: z.string(),
  version: z.string(),
  family: z.string(),
  type: z.string().optional(),
  description: z.string(),
  path: absolutePath,
  variants: names,
  default_variant: z.string(),
  environments: z.record(z.string(), z.string()).optional().meta({ description: 'environment -> variant' }),
  derivation: z.object({ from: z.string(), dtype: z.string(), components: names.optional() }).optional(),
  file_count: count,
  total_bytes: bytes,
  sources: names.meta({ description: 'redacted URLs in priority order' }),
  allow_patterns: names,
  required_components: names,
  optional_components: names,
  component_aliases: z
    .array(z.object({ name: z.string(), means: names }))
    .meta({ description: 'other names that components are asked for by' }),
  components: z.array(component),
  resolution_caps: names,
  base_family: z.string().meta({ description: 'models of the same one take the same overlays' }),
  lora_required: z.boolean(),
  overlays: z.array(overlay).meta({ description: 'those that there are' }),
  applied_overlays: names.meta({ description: 'those of this reference, in the order in which they apply' }),
  pipeline: pipeline.optional(),
  defaults: values.meta({ description: 'as the manifest has them, those of the applied overlays over those of the model' }),
  vram_estimation: vram.optional(),
  license: z.string().optional(),
  tags: names,
  spec_digest: sha256,
  files: z.array(
    z.object({
      path: z.string(),
      size_bytes: bytes,
      sha256: sha256.optional(),
      proof,
      optional: z.boolean(),
      component: z.string().optional(),
      overlay: z.string().optional(),
      mounted_from: z.string().optional(),
      derived: z
        .string()
        .optional()
        .meta({ description: 'the number format that the file is cast to here; without a sha256 its size is an estimate' }),
    }),
  ),
  weights: z
    .array(
      z.object({
        path: z.string(),
        tensors: z.array(tensor).optional().meta({ description: 'absent: the file is not here, or damaged' }),
        error: errorObject.optional(),
      }),
    )
    .optional()
    .meta({ description: 'only with --tensors' }),
});

/** `overlays.json` of an overlay view. */
export const overlaysDocument = z.object({
  schema: z.literal('wan.overlays/v1'),
  base: z.string().meta({ description: 'id of the model, name@version' }),
  variant: z.string(),
  overlays: z
    .array(
      z.object({
        name: z.string(),
        base_family: z.string().optional(),
        defaults: values.meta({ description: "what stands instead of the model's defaults" }),
        files: z.array(
          z.object({
            path: z.string().meta({ description: 'in this directory' }),
            size: bytes,
            sha256: sha256.optional(),
            applies_to: z
              .string()
              .optional()
              .meta({ description: 'component of the model that the weights are added to; absent: no weights' }),
            weight: z.number().optional().meta({ description: 'factor of the weights' }),
          }),
        ),
      }),
    )
    .meta({ description: 'in the order in which they apply' }),
});
