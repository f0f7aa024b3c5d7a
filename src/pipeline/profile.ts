/** What of a model's manifest decides which videos it can make. Pure. */
import type { ModelDefaults, ModelSpec } from '../domain/spec.ts';
import type { ResolvedRequest } from '../domain/video-request.ts';

export interface VideoProfile {
  readonly modes: readonly string[];
  readonly requiredInputs: readonly string[];
  readonly forbiddenInputs: readonly string[];
  /** Frames, rows and columns that one latent stands for. */
  readonly vaeStride: readonly [frames: number, rows: number, columns: number];
  /** Largest area of a frame, in pixels; absent: the manifest sets none. */
  readonly maxArea?: number;
  /** Of its training; longer ones are possible. */
  readonly usualFrames?: number;
  readonly maxTextTokens?: number;
  readonly trainSteps?: number;
  /** Instead of the default one, for frames of at most so many pixels. */
  readonly shifts?: readonly { readonly maxArea: number; readonly shift: number }[];
  /** Two experts: a second guidance scale has a meaning. */
  readonly hasBoundary: boolean;
  readonly defaults: ProfileDefaults;
}

/** What a request that says nothing gets. */
type ProfileDefaults = Omit<ResolvedRequest, 'mode'>;

/** Wan transformers take latents in patches of 1 frame, 2 rows and 2 columns. */
export const PATCH: readonly [number, number, number] = [1, 2, 2];
const DEFAULT_STRIDE: VideoProfile['vaeStride'] = [4, 8, 8];
const DEFAULT_SIZE = { width: 832, height: 480 };
const DEFAULT_FRAMES = 81;

export function profileOf({ pipeline, defaults, resolutionCaps }: ModelSpec): VideoProfile {
  const number = numbersOf(defaults);
  const maxArea = Math.max(0, ...resolutionCaps.map(areaOfCap));
  const frames = number('frames');
  return {
    modes: pipeline?.modes ?? [],
    requiredInputs: pipeline?.requiredInputs ?? [],
    forbiddenInputs: pipeline?.forbiddenInputs ?? [],
    vaeStride: strideOf(defaults.vae_stride),
    ...(maxArea > 0 && { maxArea }),
    ...given('usualFrames', frames),
    ...given('maxTextTokens', number('max_text_length')),
    ...given('trainSteps', number('num_train_timesteps')),
    shifts: shiftsIn(defaults),
    hasBoundary: number('boundary') !== undefined,
    defaults: {
      ...sizeOf(defaults.resolution),
      frames: frames ?? DEFAULT_FRAMES,
      ...given('fps', number('fps')),
      ...given('steps', number('steps') ?? number('num_inference_steps')),
      ...given('guidanceScale', number('guidance_scale')),
      ...given('guidanceScale2', number('guidance_scale_2')),
      ...given('shift', number('shift')),
    },
  };
}

/** Width and height must be whole numbers of patches. */
export const sizeStep = ({ vaeStride: [, rows, columns] }: VideoProfile): { readonly width: number; readonly height: number } => ({
  width: columns * PATCH[2],
  height: rows * PATCH[1],
});

/** `720p24`: so many rows at 16:9. */
export function areaOfCap(cap: string): number {
  const rows = Number(/^(\d+)p/.exec(cap)?.[1] ?? 0);
  return Math.floor((rows * rows * 16) / 9);
}

/** `shift_480p = 3.0` */
const shiftsIn = (defaults: ModelDefaults): { maxArea: number; shift: number }[] =>
  Object.entries(defaults).flatMap(([key, shift]) => {
    const cap = /^shift_(\d+p)$/.exec(key)?.[1];
    return cap === undefined || typeof shift !== 'number' ? [] : [{ maxArea: areaOfCap(cap), shift }];
  });

function sizeOf(resolution: unknown): { readonly width: number; readonly height: number } {
  const [, width, height] = /^(\d+)[x*](\d+)$/.exec(typeof resolution === 'string' ? resolution : '') ?? [];
  return width === undefined || height === undefined ? DEFAULT_SIZE : { width: Number(width), height: Number(height) };
}

function strideOf(value: unknown): VideoProfile['vaeStride'] {
  if (!Array.isArray(value)) return DEFAULT_STRIDE;
  const [frames, rows, columns] = value as readonly unknown[];
  return typeof frames === 'number' && typeof rows === 'number' && typeof columns === 'number' ? [frames, rows, columns] : DEFAULT_STRIDE;
}

const numbersOf =
  (defaults: ModelDefaults) =>
  (key: string): number | undefined => {
    const value = defaults[key];
    return typeof value === 'number' ? value : undefined;
  };

/** The property, or none where there is no value. */
const given = <K extends string>(key: K, value: number | undefined): { readonly [P in K]?: number } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: number };
