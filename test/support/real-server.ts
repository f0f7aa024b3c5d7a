/**
 * Suites against real programs (nginx, aria2c, …). On a user's machine without the program they skip and say why; in CI
 * a missing program is a failure, so that no suite is ever skipped there unseen.
 */
import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** Whether `program` can be started. In CI it always can: there a missing one is an Error. */
export function isInstalled(program: string): boolean {
  const finder = process.platform === 'win32' ? 'where' : 'which';
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  const installed = spawnSync(finder, [program], { stdio: 'ignore', env }).status === 0;
  if (!installed && process.env.CI !== undefined) throw new Error(`${program} is not installed; .ci/run installs it`);
  return installed;
}

export interface RealSuite {
  /** Programs that the suite starts: `['nginx', 'openssl']`. */
  readonly needs: readonly string[];
  readonly suite: () => void;
}

/** `describe`, for suites that need real programs. */
export function describeWithReal(title: string, { needs, suite }: RealSuite): void {
  describeUnless(
    needs.filter((program) => !isInstalled(program)),
    title,
    suite,
  );
}

/** @param missing what the suite needs and this machine has not: in CI that is a failure, elsewhere a reason to skip it */
export function describeUnless(missing: readonly string[], title: string, suite: () => void): void {
  if (missing.length === 0) describe(title, suite);
  else if (process.env.CI === undefined) describe.skip(`${title} (needs ${missing.join(', ')}, not there on this machine)`, suite);
  else throw new Error(`${title}: needs ${missing.join(', ')}`);
}
