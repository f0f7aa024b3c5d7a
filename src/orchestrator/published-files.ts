/** What is published of a model that is complete: what may leave the store. */
import type { Derived } from '../domain/derived.ts';
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import type { FileSpec } from '../domain/spec.ts';
import { faultOf } from '../store/inspect-snapshot.ts';
import { inspectTarget } from './look.ts';
import type { Orchestration } from './orchestration.ts';
import type { Target } from './target.ts';

export interface PublishedFile {
  readonly spec: FileSpec;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
  readonly derived?: Derived;
}

/** Also of components that were asked for later. @throws ModelError INCOMPLETE_DOWNLOAD */
export function publishedFiles(work: Orchestration, target: Target, what: string): PublishedFile[] {
  const { record, files } = inspectTarget(work, target);
  const missing = files.filter((file) => faultOf(file) !== undefined).map((file) => file.spec.path);
  if (record === undefined || missing.length > 0) throw notComplete(target.label, what, missing);
  const specs = new Map(target.spec.files.map((file) => [file.path, file]));
  return record.files.flatMap(({ path, sha256, key, derived }): PublishedFile[] => {
    const spec = specs.get(path);
    return spec === undefined ? [] : [{ spec, sizeBytes: key.sizeBytes, sha256, ...(derived && { derived }) }];
  });
}

/** Where the bytes of a digest are to be read: the blob, and where that is gone the published file. */
export const pathOfBytes = (
  work: Orchestration,
  { directory }: Pick<Target, 'directory'>,
  { spec, sha256, sizeBytes }: PublishedFile,
): string =>
  work.blobs.state(sha256, sizeBytes) === 'absent' ? work.store.resolver.modelFile(directory, spec.path) : work.blobs.path(sha256);

const notComplete = (label: string, what: string, missing: readonly string[]): ModelError =>
  new ModelError('INCOMPLETE_DOWNLOAD', `${label} is not complete here: only what is proven ${what}`, {
    reason: 'not_complete',
    retryable: false,
    hint: `make it complete with \`wan models ensure ${label}\``,
    details: { model: label, missing_files: missing },
  });
