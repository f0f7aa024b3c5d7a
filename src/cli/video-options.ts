/** Options that say what video is wanted. */
import type { OffloadStrategy } from '../domain/memory-estimate.ts';
import type { VideoRequest } from '../domain/video-request.ts';
import type { LoadPlanOptions } from '../pipeline/load-plan.ts';
import { parseGpuSize } from '../util/parse-size.ts';
import { targetOptions } from './chosen-refs.ts';
import type { OptionSpec } from './command.ts';
import type { ParsedArgs } from './parsed-args.ts';
import type { Session } from './session.ts';

export const SIZE_OPTIONS: readonly OptionSpec[] = [
  { name: 'width', value: 'PIXELS', summary: 'of a frame (else the default of the model)' },
  { name: 'height', value: 'PIXELS', summary: 'of a frame' },
  { name: 'frames', value: 'N', summary: 'of the video: 4k+1' },
];

export const MEMORY_OPTIONS: readonly OptionSpec[] = [
  { name: 'gpu', value: 'SIZE', summary: 'memory of the GPU, for example 24G: the least offloading that fits is chosen' },
  {
    name: 'offload',
    value: 'HOW',
    choices: ['none', 'model', 'layers'],
    summary: 'only this: everything on the GPU, one component at a time, or of the transformer layer by layer',
  },
];

export const REQUEST_OPTIONS: readonly OptionSpec[] = [
  { name: 'prompt', value: 'TEXT', summary: 'to be asked for with this prompt' },
  { name: 'image', summary: 'an image is given to begin with' },
  { name: 'steps', value: 'N', summary: 'denoising steps' },
  { name: 'guidance-scale', value: 'X', summary: 'of two experts that of the high-noise one' },
  { name: 'guidance-scale-2', value: 'X', summary: 'of the low-noise expert' },
  { name: 'fps', value: 'N', summary: 'frames a second' },
  { name: 'shift', value: 'X', summary: 'timestep shift of the scheduler' },
];

export function loadPlanOptions(session: Session, args: ParsedArgs): LoadPlanOptions {
  const gpuBytes = gpuBytesOf(args);
  const offload = args.text('offload') as OffloadStrategy | undefined;
  return {
    ...targetOptions(session, args),
    request: requestOf(args),
    ...(gpuBytes !== undefined && { gpuBytes }),
    ...(offload !== undefined && { offload }),
  };
}

export function gpuBytesOf(args: ParsedArgs): number | undefined {
  const text = args.text('gpu');
  return text === undefined ? undefined : (parseGpuSize(text) ?? args.sizeBytes('gpu'));
}

function requestOf(args: ParsedArgs): VideoRequest {
  const numbers = { width: 'width', height: 'height', frames: 'frames', steps: 'steps', fps: 'fps', shift: 'shift' } as const;
  const scales = { guidanceScale: 'guidance-scale', guidanceScale2: 'guidance-scale-2' } as const;
  const entries = Object.entries({ ...numbers, ...scales }).flatMap(([key, name]) => {
    const value = args.number(name);
    return value === undefined ? [] : [[key, value] as const];
  });
  const prompt = args.text('prompt');
  return { ...Object.fromEntries(entries), ...(prompt !== undefined && { prompt }), ...(args.has('image') && { image: true }) };
}
