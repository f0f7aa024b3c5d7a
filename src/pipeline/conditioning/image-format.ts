/** What kind of image a file is, by its first bytes, and which kinds are taken. Pure. */
import type { ImageSource } from '../../domain/image-conditioning.ts';

/** Undefined for every other kind. Only these reach a decoder; they decode as with Pillow, to the last bit. */
export function imageFormatOf(bytes: Uint8Array): ImageSource['format'] | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'webp' : undefined;
}

/** Of an image in one of those formats: a PNG of depth 16 and colour type 0, whether or not one of its levels is transparent. */
export const hasGreyOf16Bits = (bytes: Uint8Array): boolean => imageFormatOf(bytes) === 'png' && bytes[24] === 16 && bytes[25] === 0;
