/** Reading what is here of a target: names, sizes and records only, nothing changed, nothing hashed. */
import { hash } from 'node:crypto';
import type { FileSpec } from '../domain/spec.ts';
import { faultOf, type InspectedFile, type Inspection, inspectSnapshot } from '../store/inspect-snapshot.ts';
import { coldFiles } from './cold-copy.ts';
import { withKnownOutputs } from './derived-outputs.ts';
import type { Orchestration } from './orchestration.ts';
import type { SeenFile } from './plan-blobs.ts';
import type { Target } from './target.ts';

export interface Sight {
  readonly inspection: Inspection;
  /** Those that were looked at. */
  readonly files: readonly SeenFile[];
}

/** @param corrupt digests of bad blobs, where they are known already */
export const inspectTarget = (work: Orchestration, target: Target, corrupt?: ReadonlySet<string>): Inspection =>
  inspectSnapshot(work.store, target.directory, { files: withKnownOutputs(work, target), spec: target.spec, ...(corrupt && { corrupt }) });

export interface LookOptions {
  /** All is to be fetched anew: a file without a digest of the manifest's may have become another one. */
  readonly force?: boolean;
}

/** An inspection with what blobs and partials hold of each file. */
export const lookAt = (work: Orchestration, target: Target, options: LookOptions = {}): Sight =>
  look(work, target, { ...options, of: () => true });

/** As {@link lookAt}, and of files that are as they should be no more than that: whoever looks at a thousand models pays for each look. */
export const lookAtFaulty = (work: Orchestration, target: Target): Sight =>
  look(work, target, { of: (file) => faultOf(file) !== undefined });

interface ChosenLook extends LookOptions {
  readonly of: (file: InspectedFile) => boolean;
}

function look(work: Orchestration, target: Target, { force = false, of }: ChosenLook): Sight {
  const corrupt = work.blobs.marks.all();
  const inspection = inspectTarget(work, target, corrupt);
  const cold: ReturnType<typeof coldFiles> = inspection.record === undefined ? coldFiles(work, target) : new Map();
  const asLast = (file: InspectedFile): InspectedFile => {
    const published = file.published ?? cold.get(file.spec.path);
    return published === undefined ? file : { ...file, published };
  };
  return { inspection, files: inspection.files.filter(of).map((file) => seeFile(work, target, { file: asLast(file), corrupt, force })) };
}

interface Look {
  readonly file: InspectedFile;
  readonly corrupt: ReadonlySet<string>;
  readonly force: boolean;
}

function seeFile(work: Orchestration, target: Target, { file, corrupt, force }: Look): SeenFile {
  const { spec, published } = file;
  const isSame = !force && spec.derive === undefined && published?.key.sizeBytes === spec.sizeBytes;
  const digest = spec.sha256 ?? (isSame ? published.sha256 : undefined);
  const key = digest ?? keyOfOrigin(target, spec);
  return {
    ...file,
    key,
    ...(digest && { digest }),
    blob: digest === undefined ? 'absent' : work.blobs.state(digest, spec.sizeBytes, corrupt),
    isBad: digest !== undefined && corrupt.has(digest),
    heldBytes: work.partials.heldBytes({ key, sizeBytes: spec.sizeBytes, pieceBytes: work.settings.pieceBytes }),
  };
}

/** Two cast files have the same origin only as the same file. */
const keyOfOrigin = (target: Target, file: FileSpec): string =>
  file.derive === undefined ? keyOfSources(target, file) : `d-${hash('sha256', JSON.stringify([target.label, file.path]))}`;

const keyOfSources = (target: Target, file: FileSpec): string =>
  `u-${hash('sha256', JSON.stringify([file.url ?? file.origins ?? target.spec.sources, file.path, file.sizeBytes]))}`;
