/** Suites with torch and diffusers. They are too large for CI to install, so there too these suites skip where they are not, and say why. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe } from 'vitest';
import { PIPELINE_PYTHON } from './pipeline-python.ts';

const LOOK = `
import importlib.util, sys
missing = [name for name in ("torch", "diffusers", "transformers", "safetensors", "PIL") if importlib.util.find_spec(name) is None]
sys.exit(f"{', '.join(missing)} are not in it" if missing else 0)
`;

/** Undefined where everything is there. */
function whatIsMissing(): string | undefined {
  const { status, stderr, error } = spawnSync(PIPELINE_PYTHON, ['-c', LOOK], { encoding: 'utf8' });
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
  execFileSync(PIPELINE_PYTHON, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
