/**
 * A Python with torch and diffusers: WAN_TEST_PYTHON, else the one that docs/pipeline.md says how to make. It is too large for CI to
 * install, so its suites skip where it is not there, in CI too, and say why.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';

const cacheHome = process.env.XDG_CACHE_HOME || join(process.env.HOME ?? homedir(), '.cache');

export const DIFFUSERS_PYTHON = process.env.WAN_TEST_PYTHON ?? join(cacheHome, 'wan-models-ci', 'diffusers-try', 'bin', 'python');

const LOOK = `
import importlib.util, sys
missing = [name for name in ("torch", "diffusers", "transformers", "safetensors", "PIL") if importlib.util.find_spec(name) is None]
sys.exit(f"{', '.join(missing)} are not in it" if missing else 0)
`;

/** Undefined where everything is there. */
function whatIsMissing(): string | undefined {
  const { status, stderr, error } = spawnSync(DIFFUSERS_PYTHON, ['-c', LOOK], { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** `describe`, for suites that need it. */
export function describeWithDiffusers(title: string, suite: () => void): void {
  const missing = whatIsMissing();
  if (missing === undefined) describe(title, suite);
  else describe.skip(`${title} (needs torch and diffusers, WAN_TEST_PYTHON: ${missing})`, suite);
}

/** Its standard output. */
export const diffusersPython = (args: readonly string[]): string =>
  execFileSync(DIFFUSERS_PYTHON, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
