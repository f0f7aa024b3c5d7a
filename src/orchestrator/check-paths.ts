/** Asked before anything is written: does the platform take every path that an ensure will make? */
import type { Orchestration } from './orchestration.ts';
import type { Target } from './target.ts';

/** As long as every uuid. */
const ANY_UUID = '00000000-0000-4000-8000-000000000000';

/** @throws ModelError PATH_TOO_LONG, PATH_UNSAFE */
export function checkPaths(work: Orchestration, { spec, directory, files }: Target): void {
  const { resolver } = work.store;
  const staged = resolver.stagingDir(spec.family, spec.ref, ANY_UUID);
  // What fits in the longer one fits in both.
  const place = Buffer.byteLength(staged) > Buffer.byteLength(directory) ? staged : directory;
  for (const { path } of files) resolver.modelFile(place, path);
}
