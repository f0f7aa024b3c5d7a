/** What size of frames is asked for, held against what the model can make. Pure. */
import { ModelError } from '../../domain/errors.ts';
import type { ImageRule, PixelSize } from '../../domain/image-conditioning.ts';
import { sizeStep, type VideoProfile } from '../profile.ts';
import { invalidRequest, requestProblems } from '../validate-request.ts';
import type { PlanImageOptions } from './plan-image.ts';

/** Where the manifest sets no bound: the tensor of such a frame has 800 MB. */
const LARGEST_AREA = 8192 * 8192;

export interface ImageSizeRequest {
  /** Pixels of a frame; with the rules of Wan-AI's code width times height, the shape is the image's. Absent: as many as the model's default has. */
  readonly area?: number;
  /** Both, or neither. */
  readonly width?: number;
  readonly height?: number;
}

export interface ImageSizeFacts {
  readonly profile: VideoProfile;
  readonly rule: ImageRule;
  /** Of the model, for messages. */
  readonly label: string;
}

/** @throws ModelError INVALID_INPUT with the nearest valid value, and where the model takes no image */
export function resolveImageSize({ profile, rule, label }: ImageSizeFacts, request: ImageSizeRequest): PlanImageOptions {
  const size = sizeOf(request);
  // Of the prompt nothing is known here.
  const problems = requestProblems(profile, { image: true, ...size }).filter(({ field }) => field !== 'prompt');
  if (problems.length > 0) throw invalidRequest(label, problems);
  const area = areaOf(profile, label, size === undefined ? request.area : size.width * size.height);
  return { rule, step: sizeStep(profile), area, ...(size && { size }) };
}

function sizeOf({ area, width, height }: ImageSizeRequest): PixelSize | undefined {
  if (width === undefined && height === undefined) return undefined;
  if (width !== undefined && height !== undefined && area === undefined) return { width, height };
  throw new ModelError('INVALID_INPUT', 'a size is width and height, or area: not one of them, and not all', {
    reason: 'invalid_request',
    hint: 'give width and height, or area, or none for the default of the model',
  });
}

function areaOf({ maxArea, defaults }: VideoProfile, label: string, area = defaults.width * defaults.height): number {
  const most = maxArea ?? LARGEST_AREA;
  const nearest = Math.min(most, Math.max(1, Number.isFinite(area) ? Math.round(area) : 1));
  if (nearest === area) return area;
  throw new ModelError('INVALID_INPUT', `${label}: area is to be a whole number of pixels from 1 to ${most}, not ${area}`, {
    reason: 'invalid_request',
    hint: `the nearest that works: area ${nearest}`,
    details: { model: label, problems: [{ field: 'area', nearest }] },
  });
}
