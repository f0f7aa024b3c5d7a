/** The blob of a file whose content the manifest decides: written here, by the steps that a transfer takes. */
import type { Sha256 } from '../domain/digest.ts';
import { fsError } from '../domain/fs-error.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { PartialBlob } from '../store/partial-blob.ts';
import { PieceMap } from '../store/piece-map.ts';
import { writeWhole } from '../util/write-whole.ts';
import { commitBlob } from './commit-blob.ts';
import type { EnsureRun } from './ensure-run.ts';
import type { ObtainedBlob } from './obtain-blob.ts';

export interface MadeBlob {
  readonly key: string;
  readonly file: FileSpec;
  readonly content: string;
  readonly digest: Sha256;
}

/** Call under the digest's lock. */
export async function makeBlob(run: EnsureRun, { key, file, content, digest }: MadeBlob): Promise<ObtainedBlob> {
  const { work, meter } = run;
  const { pieceBytes } = work.settings;
  const partial = await work.partials.open({ key, sizeBytes: file.sizeBytes, pieceBytes, fresh: true });
  try {
    write(partial, content);
    const pieces = new PieceMap(partial.pieces);
    const source = partial.sourceIndex('the manifest');
    for (let piece = 0; piece < pieces.count; piece++) pieces.markHeld(piece, source);
    await commitBlob(run, { partial, digest, isLocked: true, replaces: true });
    meter.found(file.sizeBytes);
    return { digest, origin: 'made', fetchedBytes: 0, sources: [] };
  } finally {
    await partial.close();
  }
}

function write({ fd, path }: PartialBlob, content: string): void {
  try {
    writeWhole(fd, Buffer.from(content), 0);
  } catch (error) {
    throw fsError(error, `write ${path}`);
  }
}
