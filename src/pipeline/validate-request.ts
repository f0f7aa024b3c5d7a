/** Whether a model can make what is asked for; told before any of it is loaded. Pure. */
import { ModelError } from '../domain/errors.ts';
import type { RequestField, RequestProblem, ResolvedRequest, VideoRequest } from '../domain/video-request.ts';
import { sizeStep, type VideoProfile } from './profile.ts';

/** Every problem at once; none: it can. */
export function requestProblems(profile: VideoProfile, request: VideoRequest): RequestProblem[] {
  return [
    ...inputProblems(profile, request),
    ...sizeProblems(profile, request),
    ...frameProblems(profile, request),
    ...stepProblems(profile, request),
    ...scaleProblems(profile, request),
    ...positive(request, 'fps'),
    ...positive(request, 'shift'),
  ];
}

/** @throws ModelError INVALID_INPUT with every problem, and the nearest valid value of each */
export function resolveRequest(profile: VideoProfile, label: string, request: VideoRequest): ResolvedRequest {
  const problems = requestProblems(profile, request);
  if (problems.length > 0) throw invalidRequest(label, problems);
  const { prompt: _, image, ...rest } = request;
  // A program in plain JavaScript passes on what it was not told as undefined: that is no wish.
  const numbers = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as typeof rest;
  const mode = image === true || profile.requiredInputs.includes('image') ? 'i2v' : 't2v';
  const { width, height } = { ...profile.defaults, ...numbers };
  return { mode, ...profile.defaults, ...shiftFor(profile, width * height), ...numbers };
}

/** Some models take another shift for small frames. */
function shiftFor({ shifts = [] }: VideoProfile, area: number): { readonly shift?: number } {
  const [smallest] = shifts.filter(({ maxArea }) => area <= maxArea).sort((a, b) => a.maxArea - b.maxArea);
  return smallest === undefined ? {} : { shift: smallest.shift };
}

/** A request that speaks of neither asks about sizes only. */
function inputProblems({ requiredInputs, forbiddenInputs, modes }: VideoProfile, { prompt, image }: VideoRequest): RequestProblem[] {
  if (prompt === undefined && image === undefined) return [];
  const can = modes.length === 0 ? '' : ` (it does ${modes.join(', ')})`;
  const has = { prompt: (prompt ?? '').trim() !== '', image: image === true };
  return (['prompt', 'image'] as const).flatMap((field): RequestProblem[] => {
    if (requiredInputs.includes(field) && !has[field]) return [{ field, message: `the model needs ${ARTICLE[field]}${can}` }];
    if (forbiddenInputs.includes(field) && has[field]) return [{ field, message: `the model takes no ${field}${can}` }];
    return [];
  });
}

const ARTICLE = { prompt: 'a prompt', image: 'an image to begin with' } as const;

function sizeProblems(profile: VideoProfile, { width, height }: VideoRequest): RequestProblem[] {
  const step = sizeStep(profile);
  const problems = (['width', 'height'] as const).flatMap((field) => multipleProblem(field, { width, height }[field], step[field]));
  const corrected = { width, height, ...Object.fromEntries(problems.map(({ field, nearest }) => [field, nearest])) };
  const tooLarge = new Map(areaProblems(profile, corrected).map((problem) => [problem.field, problem]));
  const told = problems.map((problem) => ({ ...problem, ...tooLarge.get(problem.field), message: problem.message }));
  return [...told, ...[...tooLarge.values()].filter(({ field }) => !problems.some((problem) => problem.field === field))];
}

function multipleProblem(field: 'width' | 'height', value: number | undefined, step: number): RequestProblem[] {
  if (value === undefined) return [];
  const nearest = Math.max(step, Number.isFinite(value) ? Math.ceil(value / step - 0.5) * step : step);
  return nearest === value ? [] : [{ field, message: `${field} is to be a multiple of ${step}, not ${value}`, nearest }];
}

/** The nearest smaller size of the same shape. */
function areaProblems(
  profile: VideoProfile,
  request: { readonly width?: number | undefined; readonly height?: number | undefined },
): RequestProblem[] {
  const { maxArea, defaults } = profile;
  const { width = defaults.width, height = defaults.height } = request;
  if (maxArea === undefined || width * height <= maxArea) return [];
  const step = sizeStep(profile);
  const scale = Math.sqrt(maxArea / (width * height));
  const nearest = { width: floorTo(width * scale, step.width), height: floorTo(height * scale, step.height) };
  const message = `${width}x${height} is more than the model was made for: at most ${maxArea} pixels, for example ${nearest.width}x${nearest.height}`;
  return (['width', 'height'] as const)
    .filter((field) => nearest[field] !== { width, height }[field])
    .map((field) => ({ field, message, nearest: nearest[field] }));
}

const floorTo = (value: number, step: number): number => Math.max(step, Math.floor(value / step) * step);

/** Frames are as many more or fewer than the model's own as one latent stands for. */
function frameProblems({ vaeStride: [stride], defaults }: VideoProfile, { frames }: VideoRequest): RequestProblem[] {
  if (frames === undefined) return [];
  const rest = defaults.frames % stride;
  const nearest = Math.max(rest || stride, Number.isFinite(frames) ? Math.round((frames - rest) / stride) * stride + rest : 1);
  const rule = `${stride}k${rest === 0 ? '' : `+${rest}`}`;
  return nearest === frames ? [] : [{ field: 'frames', message: `frames is to be ${rule}, not ${frames}`, nearest }];
}

function stepProblems({ trainSteps = 1000 }: VideoProfile, { steps }: VideoRequest): RequestProblem[] {
  if (steps === undefined) return [];
  const nearest = Math.min(trainSteps, Math.max(1, Number.isFinite(steps) ? Math.round(steps) : 1));
  return nearest === steps
    ? []
    : [{ field: 'steps', message: `steps is to be a whole number from 1 to ${trainSteps}, not ${steps}`, nearest }];
}

function scaleProblems({ hasBoundary }: VideoProfile, request: VideoRequest): RequestProblem[] {
  const second: RequestProblem[] =
    request.guidanceScale2 !== undefined && !hasBoundary
      ? [{ field: 'guidanceScale2', message: 'the model has one expert: a second guidance scale has no meaning' }]
      : [];
  return [...notNegative(request, 'guidanceScale'), ...(second.length > 0 ? second : notNegative(request, 'guidanceScale2'))];
}

function notNegative(request: VideoRequest, field: 'guidanceScale' | 'guidanceScale2'): RequestProblem[] {
  const value = request[field];
  return value === undefined || value >= 0 ? [] : [{ field, message: `${nameOf(field)} is to be 0 or more, not ${value}`, nearest: 0 }];
}

function positive(request: VideoRequest, field: 'fps' | 'shift'): RequestProblem[] {
  const value = request[field];
  return value === undefined || (value > 0 && Number.isFinite(value))
    ? []
    : [{ field, message: `${field} is to be more than 0, not ${value}` }];
}

/** As manifests and command lines write it. */
const nameOf = (field: RequestField): string => field.replace(/([A-Z]|\d+$)/g, (part) => `_${part.toLowerCase()}`);

export function invalidRequest(label: string, problems: readonly RequestProblem[]): ModelError {
  const told = problems.map(({ message }) => message);
  const nearest = problems.flatMap(({ field, nearest: value }) => (value === undefined ? [] : [nearestText(field, value)]));
  return new ModelError('INVALID_INPUT', `${label}: ${[...new Set(told)].join('; ')}`, {
    reason: 'invalid_request',
    ...(nearest.length > 0 && { hint: `the nearest that works: ${nearest.join(', ')}` }),
    details: { model: label, problems: problems.map(({ field, ...rest }) => ({ field: nameOf(field), ...rest })) },
  });
}

const nearestText = (field: RequestField, value: number): string =>
  field === 'prompt' ? `the first ${value} characters of the prompt` : `${nameOf(field)} ${value}`;
