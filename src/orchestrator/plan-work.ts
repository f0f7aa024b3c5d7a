/** What an ensure has to do for each file, and for the files that derived ones are made from. */
import type { FileSpec } from '../domain/spec.ts';
import { sum } from '../util/sum.ts';
import { lookAt } from './look.ts';
import type { Orchestration } from './orchestration.ts';
import { type PlannedBlob, type PlanOptions, planBlobs, type SeenFile } from './plan-blobs.ts';
import type { Target } from './target.ts';

export interface WorkPlan {
  /** In the order of the files. The bytes to fetch of one that is to be made here are those of its inputs that no other one before it has. */
  readonly files: readonly PlannedBlob[];
  /** Files of the base to be read; each once. */
  readonly inputs: readonly SeenFile[];
  readonly fetchBytes: number;
  readonly deriveBytes: number;
}

export interface WorkRequest extends PlanOptions {
  readonly files: readonly SeenFile[];
}

export function planWork(work: Orchestration, target: Target, { files, force }: WorkRequest): WorkPlan {
  const planned = planBlobs(files, { force });
  const [made, here] = partition(planned, ({ action }) => action === 'derive');
  const inputs = lookAtInputs(work, target, inputsOf(made, new Set(here.map(({ path }) => path))), { force });
  const all = withInputs(planned, planBlobs(inputs, { force }));
  return { files: all, inputs, fetchBytes: sum(all.map((one) => one.fetchBytes)), deriveBytes: sum(all.map((one) => one.deriveBytes)) };
}

/**
 * What derived files are made from, each file once. An index needs no shard whose cast is here: its header tells as much.
 * @param here paths of files that need not be made
 */
export function inputsOf(files: readonly FileSpec[], here: ReadonlySet<string> = new Set()): FileSpec[] {
  const inputs = files.flatMap(({ path, derive }) => derive?.inputs.filter((input) => input.path === path || !here.has(input.path)) ?? []);
  return [...new Map(inputs.map((input) => [input.path, input])).values()];
}

function partition(planned: readonly PlannedBlob[], isFirst: (one: PlannedBlob) => boolean): [FileSpec[], FileSpec[]] {
  return [planned.filter(isFirst).map(({ file }) => file), planned.filter((one) => !isFirst(one)).map(({ file }) => file)];
}

export function lookAtInputs(
  work: Orchestration,
  { base }: Target,
  inputs: readonly FileSpec[],
  options: PlanOptions = { force: false },
): readonly SeenFile[] {
  return base === undefined || inputs.length === 0 ? [] : lookAt(work, { ...base, files: inputs }, options).files;
}

/** Pure: each input's bytes to fetch go to the file of its own path, else to the first file that needs it. */
function withInputs(planned: readonly PlannedBlob[], inputs: readonly PlannedBlob[]): PlannedBlob[] {
  const open = new Map(inputs.map(({ file, fetchBytes }) => [file.path, fetchBytes]));
  const own = new Set(planned.filter(({ action }) => action === 'derive').map(({ file }) => file.path));
  return planned.map((one) => {
    if (one.action !== 'derive') return one;
    const taken = (one.file.derive?.inputs ?? []).filter(({ path }) => path === one.file.path || !own.has(path));
    const fetchBytes = sum(taken.map(({ path }) => open.get(path) ?? 0));
    for (const { path } of taken) open.delete(path);
    return { ...one, fetchBytes };
  });
}
