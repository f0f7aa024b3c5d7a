/** Pixels as the models take them: float32 from -1 to 1, channel by channel. Pure. */
import { CHANNELS, type RgbImage } from './rgb-image.ts';

const { fround } = Math;

/** What each level of a channel becomes, every step rounded to float32: torchvision's to_tensor, then (x - 0.5) / 0.5. diffusers' 2x - 1 is the same number. */
export const UNIT_LEVELS: Float32Array = Float32Array.from({ length: 256 }, (_, level) => fround(fround(fround(level / 255) - 0.5) / 0.5));

/** Where a part of an image begins, and how large it is. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** @returns (3, height, width) of that part of the image */
export function unitTensor(image: RgbImage, { left, top, width, height }: Crop): Float32Array {
  const out = new Float32Array(CHANNELS * height * width);
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    for (let y = 0; y < height; y += 1) {
      const row = ((top + y) * image.width + left) * CHANNELS + channel;
      const at = (channel * height + y) * width;
      for (let x = 0; x < width; x += 1) out[at + x] = UNIT_LEVELS[image.data[row + x * CHANNELS] ?? 0] ?? 0;
    }
  }
  return out;
}
