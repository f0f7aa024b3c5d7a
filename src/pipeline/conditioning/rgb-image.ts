/** Decoded pixels, as all rules work on them. */
import type { PixelSize } from '../../domain/image-conditioning.ts';

/** 8 bits a channel, interleaved RGB, rows from the top. */
export interface RgbImage extends PixelSize {
  readonly data: Uint8Array;
}

export const CHANNELS = 3;
