/** What is done with an image before a model takes it, decided by its size alone. Pure. */
import { ModelError } from '../../domain/errors.ts';
import type { ImagePlan, ImageRule, ImageSource, PixelSize } from '../../domain/image-conditioning.ts';
import { diffusersSize, type FrameSizeOptions, roundHalfEven, wanI2vSize, wanTi2vSize } from './frame-size.ts';

export interface PlanImageOptions extends FrameSizeOptions {
  readonly rule: ImageRule;
  /** With the rule of diffusers: just this size, whatever the shape of the image. */
  readonly size?: PixelSize;
}

/** @throws ModelError INVALID_INPUT where the image is too narrow for a frame of so few pixels */
export function planImage(source: ImageSource, options: PlanImageOptions): ImagePlan {
  const { rule } = options;
  const frame = rule === 'diffusers' && options.size !== undefined ? options.size : SIZES[rule](source, options);
  if (frame.width < 1 || frame.height < 1) throw tooNarrow(source, options);
  const resized = rule === 'wan-ti2v' ? coverOf(source, frame) : { width: frame.width, height: frame.height };
  return {
    rule,
    source,
    ...frame,
    resized,
    cropped: { left: middle(resized.width, frame.width), top: middle(resized.height, frame.height) },
  };
}

const SIZES: Readonly<Record<ImageRule, typeof wanI2vSize>> = {
  'wan-i2v': wanI2vSize,
  'wan-ti2v': wanTi2vSize,
  diffusers: diffusersSize,
};

/** The smallest size of the image's shape that leaves no part of the frame empty (wan/textimage2video.py). */
function coverOf({ width, height }: PixelSize, frame: PixelSize): PixelSize {
  const scale = Math.max(frame.width / width, frame.height / height);
  return { width: roundHalfEven(width * scale), height: roundHalfEven(height * scale) };
}

const middle = (whole: number, part: number): number => Math.floor((whole - part) / 2);

function tooNarrow({ width, height }: PixelSize, { area, step }: FrameSizeOptions): ModelError {
  return new ModelError(
    'INVALID_INPUT',
    `an image of ${width}x${height} is too narrow: a frame of its shape with ${area} pixels has less than the ${step.width}x${step.height} of a patch`,
    { reason: 'image_shape', hint: 'cut it to a shape nearer to that of a video', details: { width, height, area } },
  );
}
