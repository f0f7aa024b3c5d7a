/** Which way up an image is: as Pillow's `exif_transpose` finds and does it, 1 to 8 as EXIF counts. */
import type { Metadata, Sharp } from 'sharp';

const IN_XMP = /tiff:Orientation(?:="|>)(\d)/;

/** What its EXIF data say; where they say nothing, its XMP data. */
export function orientationOf({ orientation, xmp }: Pick<Metadata, 'orientation' | 'xmp'>): number {
  if (orientation !== undefined) return orientation;
  return Number(IN_XMP.exec(xmp?.toString('latin1') ?? '')?.[1] ?? 1);
}

export const swapsSides = (orientation: number): boolean => orientation >= 5 && orientation <= 8;

/** Anything but 2 to 8 leaves it as it is. sharp flips first, then turns. */
export function turned(image: Sharp, orientation: number): Sharp {
  switch (orientation) {
    case 2:
      return image.flop();
    case 3:
      return image.rotate(180);
    case 4:
      return image.flip();
    case 5:
      return image.flip().rotate(90);
    case 6:
      return image.rotate(90);
    case 7:
      return image.flip().rotate(270);
    case 8:
      return image.rotate(270);
    default:
      return image;
  }
}
