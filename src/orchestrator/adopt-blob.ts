/** Bytes that somebody brought here become a blob, once they are proven: no source of the manifest is asked. */
import type { FileSource } from '../backends/backend.ts';
import type { Sha256 } from '../domain/digest.ts';
import { PieceMap } from '../store/piece-map.ts';
import type { TransferEngine } from '../transfer/transfer.ts';
import { isHere } from './blob-here.ts';
import { commitBlob, underBlobLock } from './commit-blob.ts';
import type { BlobRun } from './ensure-run.ts';
import type { ProgressMeter } from './progress-meter.ts';

export interface OfferedBlob {
  /** For events and errors. */
  readonly name: string;
  readonly digest: Sha256;
  readonly sizeBytes: number;
  readonly source: FileSource;
}

export type AdoptRun = BlobRun & { readonly meter: ProgressMeter; readonly engine: TransferEngine };

/**
 * What was brought here before a kill is not read again. An intent must name the digest: from its commit on, nobody else may.
 * @returns whether it had to be brought at all
 * @throws ModelError CHECKSUM_FAIL where the bytes are others, and whatever the source fails with
 */
export function adoptBlob(run: AdoptRun, { name, digest, sizeBytes, source }: OfferedBlob): Promise<boolean> {
  const { work, meter, engine, emit, signal } = run;
  return underBlobLock(run, digest, async () => {
    if (await isHere(run, { file: { sizeBytes }, digest })) {
      meter.found(sizeBytes);
      return false;
    }
    const partial = await work.partials.open({ key: digest, sizeBytes, pieceBytes: work.settings.pieceBytes });
    try {
      meter.found(new PieceMap(partial.pieces).heldBytes());
      const { leaves } = await engine.fetch({
        name,
        partial,
        sources: [source],
        emit,
        signal,
        onHeld: (delta) => meter.held(delta),
        onComing: (delta) => meter.coming(delta),
        expected: { digest: { algorithm: 'sha256', hex: digest }, level: 'manifest-sha256' },
      });
      await commitBlob(run, { partial, digest, isLocked: true, ...(leaves && { leaves }) });
      return true;
    } finally {
      await partial.close();
    }
  });
}
