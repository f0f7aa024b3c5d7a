/** An image file's pixels, as `PIL.Image.open(…).convert('RGB')` has them: transparency and colour profiles are left aside. */
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { ModelError, type ModelErrorOptions } from '../../domain/errors.ts';
import type { ImageSource } from '../../domain/image-conditioning.ts';
import { hasGreyOf16Bits, imageFormatOf } from './image-format.ts';
import { orientationOf, swapsSides, turned } from './orientation.ts';
import { CHANNELS, type RgbImage } from './rgb-image.ts';

/** As many as Pillow decodes (twice MAX_IMAGE_PIXELS): a small file can claim to be a huge image. */
const MAX_PIXELS = 178_956_970;

export interface DecodeOptions {
  /** Turned as its EXIF or XMP data say, which diffusers' load_image does and Wan-AI's own code does not. */
  readonly upright: boolean;
  /** For messages. */
  readonly name: string;
}

export interface DecodedImage {
  readonly source: ImageSource;
  /** @throws ModelError INVALID_INPUT where the pixels are broken */
  readonly pixels: () => Promise<RgbImage>;
}

/** Reads the head only; pixels are decoded when asked for. @throws ModelError INVALID_INPUT for what is no image, or one that cannot be used */
export async function openImage(bytes: Uint8Array, { upright, name }: DecodeOptions): Promise<DecodedImage> {
  const format = imageFormatOf(bytes);
  if (format === undefined)
    throw unusable('image_format', `${name} is no JPEG, PNG or WebP image`, { hint: 'save it as PNG, which loses nothing' });
  const open = await opener(bytes, { ignoreIcc: true, limitInputPixels: false });
  const head = await decoding(name, () => open().metadata());
  refuseUnusable(head, name);
  // Pillow cuts all but the low 8 bits off: nearly all of it white.
  if (hasGreyOf16Bits(bytes))
    throw unusable('image_depth', `${name} has 16 bits of grey, of which Pillow makes white`, { hint: 'save it with 8 bits' });
  const orientation = upright ? orientationOf(head) : 1;
  const { width, height } = swapsSides(orientation) ? { width: head.height, height: head.width } : head;
  return { source: { format, width, height }, pixels: () => decoding(name, () => pixelsOf(turned(open(), orientation))) };
}

/** sharp is loaded by whoever decodes, and by nobody else. */
async function opener(bytes: Uint8Array, options: SharpOptions): Promise<() => Sharp> {
  try {
    const { default: sharp } = await import('sharp');
    return () => sharp(bytes, options);
  } catch (cause) {
    throw new ModelError('NOT_IMPLEMENTED', 'images cannot be decoded here: the library sharp does not load on this platform', {
      reason: 'sharp_absent',
      hint: 'see https://sharp.pixelplumbing.com/install for platforms, then install wan-models again with optional dependencies',
      cause,
    });
  }
}

async function decoding<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.trim().replace(/:$/, '') : String(cause);
    throw unusable('image_broken', `${name} cannot be decoded: ${why}`, { hint: 'is it whole? open it in another program', cause });
  }
}

async function pixelsOf(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== CHANNELS) throw new Error(`it has ${info.channels} channels`);
  return { data, width: info.width, height: info.height };
}

function refuseUnusable({ width, height, space }: Metadata, name: string): void {
  if (width * height > MAX_PIXELS)
    throw unusable('image_too_large', `${name} has ${width}x${height} pixels; at most ${MAX_PIXELS} are decoded`, {
      hint: 'make it smaller first',
      details: { width, height, max_pixels: MAX_PIXELS },
    });
  if (space === 'cmyk')
    throw unusable('image_colours', `${name} is in CMYK, whose colours no two programs make the same RGB of`, { hint: 'save it as RGB' });
}

const unusable = (reason: string, message: string, options: ModelErrorOptions): ModelError =>
  new ModelError('INVALID_INPUT', message, { ...options, reason });
