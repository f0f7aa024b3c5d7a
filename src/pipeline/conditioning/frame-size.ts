/** How large the frames of a video become that begins with an image: as many pixels as asked for, in the image's shape, in whole patches. Pure. */
import type { PixelSize } from '../../domain/image-conditioning.ts';

export interface FrameSizeOptions {
  /** Pixels of a frame: an upper bound. */
  readonly area: number;
  /** Width and height are multiples of it. */
  readonly step: PixelSize;
}

/** WanI2V (Wan-AI/Wan2.2 wan/image2video.py): each side on its own, rounded down. */
export function wanI2vSize({ width, height }: PixelSize, { area, step }: FrameSizeOptions): PixelSize {
  const aspect = height / width;
  return { width: floorTo(Math.sqrt(area / aspect), step.width), height: floorTo(Math.sqrt(area * aspect), step.height) };
}

/** As the model cards of the -Diffusers models: of each side the nearest whole number, rounded down to patches. */
export function diffusersSize({ width, height }: PixelSize, { area, step }: FrameSizeOptions): PixelSize {
  const aspect = height / width;
  return {
    width: floorTo(roundHalfEven(Math.sqrt(area / aspect)), step.width),
    height: floorTo(roundHalfEven(Math.sqrt(area * aspect)), step.height),
  };
}

/** WanTI2V (`best_output_size` in wan/utils/utils.py): one side rounded down and the other made to fit it, whichever keeps the shape better.
 * None where one of the two ways gives none: upstream divides by zero there. */
export function wanTi2vSize({ width, height }: PixelSize, { area, step }: FrameSizeOptions): PixelSize {
  const ratio = width / height;
  const byWidth = floorTo(Math.sqrt(area * ratio), step.width);
  const byHeight = floorTo(area / Math.sqrt(area * ratio), step.height);
  const widthFirst = { width: byWidth, height: floorTo(area / byWidth, step.height) };
  const heightFirst = { width: floorTo(area / byHeight, step.width), height: byHeight };
  if (byWidth * byHeight * widthFirst.height * heightFirst.width === 0) return { width: 0, height: 0 };
  return distortion(ratio, widthFirst) < distortion(ratio, heightFirst) ? widthFirst : heightFirst;
}

function distortion(ratio: number, { width, height }: PixelSize): number {
  const made = width / height;
  return Math.max(ratio / made, made / ratio);
}

/** 0 where the value is no number. */
const floorTo = (value: number, step: number): number => (Number.isFinite(value) ? Math.floor(value / step) * step : 0);

/** As Python's `round`. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
