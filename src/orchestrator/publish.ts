/** Staging and publishing what an ensure obtained: steps 7 to 9 of docs/store-format.md. */

import { carryForeign } from '../store/carry-foreign.ts';
import { publishSnapshot } from '../store/publish-snapshot.ts';
import type { StagedFile } from '../store/stage-snapshot.ts';
import { stageSnapshot } from '../store/stage-snapshot.ts';
import { type EnsureRun, lockBlob } from './ensure-run.ts';
import type { Obtained } from './obtain-files.ts';

export interface PublishRequest {
  readonly obtained: Obtained;
  /** Paths that need not be there. */
  readonly leftOut: ReadonlySet<string>;
}

/** False when a blob went away meanwhile: plan again. */
export async function publish(run: EnsureRun, { obtained, leftOut }: PublishRequest): Promise<boolean> {
  const { work, target } = run;
  const { spec } = target;
  const staged = work.store.resolver.stagingDir(spec.family, spec.ref, run.intent.uuid);
  const files = target.files.flatMap((file): StagedFile[] => {
    const one = obtained.get(file.path);
    if (one === undefined) return [];
    const { blob, ...proof } = one;
    return [{ path: file.path, sha256: blob.digest, ...proof, ...(blob.derived && { derived: blob.derived }) }];
  });
  const isStaged = await stageSnapshot(work.store, work.blobs, {
    directory: staged,
    files,
    lock: (digest) => lockBlob(run, digest),
    record: {
      ref: spec.ref,
      variant: spec.variant,
      specDigest: spec.specDigest,
      generation: work.store.random.uuid(),
      verifiedAt: new Date(work.store.clock.now()).toISOString(),
      leftOut: [...leftOut],
    },
  });
  if (!isStaged) return false;
  await carryForeign(work.store, target.directory, staged);
  return publishSnapshot(work.store, work.blobs, { ref: spec.ref, family: spec.family, staged, target: target.directory });
}
