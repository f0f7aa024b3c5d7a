/** What has come of pieces that are not whole: it is on the disk, and counts as held once its piece is. */
import type { FileState } from './file-state.ts';

export function comingBytes({ ranges, fragments, pieces, file: { partial } }: FileState): number {
  const { pieceBytes } = partial;
  let bytes = 0;
  for (const { victim, offset, stat } of ranges) {
    const { position } = stat;
    const piece = Math.floor(position / pieceBytes);
    // A hedge brings what its victim brings, too.
    if (victim !== undefined || piece >= pieces.count || pieces.isHeld(piece)) continue;
    bytes += position - Math.max(offset, piece * pieceBytes);
  }
  for (const [piece, { end }] of fragments) bytes += end - piece * pieceBytes;
  return bytes;
}
