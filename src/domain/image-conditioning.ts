/** An image that a video begins with, as a model takes it. */
import type { CanonicalRef } from './model-ref.ts';

/** Pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** How an image becomes a tensor, by the code that it is made for: WanI2V and WanTI2V of Wan-AI/Wan2.2, or the VideoProcessor of diffusers. */
export type ImageRule = 'wan-i2v' | 'wan-ti2v' | 'diffusers';

export const IMAGE_RULES: readonly ImageRule[] = ['wan-i2v', 'wan-ti2v', 'diffusers'];

export interface ImageSource extends PixelSize {
  readonly format: 'jpeg' | 'png' | 'webp';
}

/** What of the image a tensor holds, and how large. */
export interface ImagePlan extends PixelSize {
  readonly rule: ImageRule;
  readonly source: ImageSource;
  /** The whole image is brought to this size first. */
  readonly resized: PixelSize;
  /** Pixels that are then left out on the left and above; as many, or one more, are left out on the right and below. */
  readonly cropped: { readonly left: number; readonly top: number };
}

export interface PreparedImage extends ImagePlan {
  /** The model that it is for. */
  readonly ref: CanonicalRef;
  /** From -1 to 1 (a bicubic kernel may overshoot a little), laid out as (1, 3, height, width). */
  readonly tensor: Float32Array;
}
