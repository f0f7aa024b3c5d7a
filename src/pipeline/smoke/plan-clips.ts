/** Which clips show that a model works. Pure. */
import { ModelError } from '../../domain/errors.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { SmokeClip, SmokeMode } from '../../domain/smoke.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import type { VideoRequest } from '../../domain/video-request.ts';
import { profileOf, type VideoProfile } from '../profile.ts';
import { resolveRequest } from '../validate-request.ts';

export interface ClipWishes {
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly frames?: number;
  readonly steps?: number;
}

const SIZE = 128;
const STEPS = 2;
const PROMPT = 'a cat walks on the sea, slow camera';

/** @throws ModelError INVALID_INPUT where the model cannot make such clips, or diffusers cannot load it */
export function planClips(spec: ModelSpec, { width = SIZE, height = SIZE, frames, steps = STEPS }: ClipWishes): SmokeClip[] {
  requireDiffusers(spec);
  const profile = profileOf(spec);
  const size = { width, height, frames: frames ?? shortestClip(profile), steps };
  return modesOf(profile).map((mode) => {
    resolveRequest(profile, formatRef(spec.ref), requestOf({ mode, ...size }));
    return { mode, ...size };
  });
}

/** As a load plan is asked for it. */
export const requestOf = ({ mode, ...size }: SmokeClip): VideoRequest => ({
  prompt: PROMPT,
  ...(mode === 'i2v' && { image: true }),
  ...size,
});

/** A model that does both makes one clip of each kind. */
function modesOf({ modes, requiredInputs, forbiddenInputs }: VideoProfile): SmokeMode[] {
  const needsImage = requiredInputs.includes('image');
  const takesImage = needsImage || (!forbiddenInputs.includes('image') && (modes.includes('i2v') || modes.includes('ti2v')));
  return [...(needsImage ? [] : (['t2v'] as const)), ...(takesImage ? (['i2v'] as const) : [])];
}

/** More than one latent, so that time is part of it. */
function shortestClip({ vaeStride: [stride], defaults }: VideoProfile): number {
  return stride + (defaults.frames % stride);
}

function requireDiffusers({ ref, pipeline, files }: ModelSpec): void {
  if (files.some(({ path }) => path === 'model_index.json')) return;
  const label = formatRef(ref);
  throw new ModelError('INVALID_INPUT', `${label} has no model_index.json: diffusers, which loads it, does not know its layout`, {
    reason: 'not_diffusers',
    hint: 'test the same model in the layout of diffusers: see `wan models list`, for example t2v-A14B-diffusers@2.2.0',
    details: { model: label, ...(pipeline?.className !== undefined && { pipeline_class: pipeline.className }) },
  });
}
