/** What an ensure deals with, content by content: so that of several models the same bytes count once. */
import { lookAt } from './look.ts';
import type { Orchestration } from './orchestration.ts';
import { type PlannedBlob, planBlobs, type SeenFile } from './plan-blobs.ts';
import { planWork } from './plan-work.ts';
import type { Target } from './target.ts';

interface Need {
  /** Of lock and partial: the digest where it is known. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Still to be written; 0 where the blob is here. */
  readonly writeBytes: number;
  /** Whether the model will name it and does not yet. */
  readonly isNew: boolean;
}

/** Of one model. */
export interface Needs {
  /** '' where no model names them yet. */
  readonly family: string;
  /** Absolute; what is there already cannot make room for itself. */
  readonly directory: string;
  readonly contents: readonly Need[];
  /** Of all its files: each of them is a second name. */
  readonly namedBytes: number;
}

export interface NeedsRequest {
  readonly files: readonly SeenFile[];
  /** Files of the base that derived ones are made from. */
  readonly inputs: readonly SeenFile[];
  readonly force: boolean;
}

/** As things are now. */
export function needsNow(work: Orchestration, target: Target, force: boolean): Needs {
  const { files } = lookAt(work, target, { force });
  const { inputs } = planWork(work, target, { files, force });
  return needsOf(target, { files, inputs, force });
}

/** Pure. */
export function needsOf({ spec, directory }: Target, { files, inputs, force }: NeedsRequest): Needs {
  const own = contentsOf(files, planBlobs(files, { force }));
  const material = contentsOf(inputs, planBlobs(inputs, { force })).map((need) => ({ ...need, isNew: false }));
  const isPublished = own.every(({ isNew }) => !isNew);
  const namedBytes = isPublished ? 0 : files.reduce((sum, file) => sum + file.spec.sizeBytes, 0);
  return { family: spec.family, directory, contents: [...own, ...material], namedBytes };
}

/** Bytes that are brought before any model names them: the ensure that publishes them answers to its family's quota. */
export const needsOfNobody = (key: string, writeBytes: number): Needs => ({
  family: '',
  directory: '',
  contents: [{ key, sizeBytes: writeBytes, writeBytes, isNew: false }],
  namedBytes: 0,
});

const contentsOf = (seen: readonly SeenFile[], planned: readonly PlannedBlob[]): Need[] =>
  seen.map(({ key, spec: { sizeBytes } }, index) => {
    const { fetchBytes = 0, deriveBytes = 0, action } = planned[index] ?? {};
    return { key, sizeBytes, writeBytes: fetchBytes + deriveBytes, isNew: action !== 'keep' };
  });
