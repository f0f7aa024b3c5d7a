/** The contract tester of OpenAPI documents, in Python, at the version that .ci/run installs. */
import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cacheHome = process.env.XDG_CACHE_HOME || join(process.env.HOME ?? homedir(), '.cache');

/** For `needs` of `describeWithReal`. */
export const SCHEMATHESIS = join(
  cacheHome,
  'wan-models-ci',
  'schemathesis-4.32.5',
  process.platform === 'win32' ? 'Scripts' : 'bin',
  'schemathesis',
);

export interface ContractRun {
  readonly status: number | null;
  /** All that it said. */
  readonly report: string;
  /** Requests that it made. */
  readonly requestCount: number;
}

/** Requests made of the document alone, always the same ones. @param cwd where it leaves what it remembers */
export function runSchemathesis(url: string, options: readonly string[], cwd: string): Promise<ContractRun> {
  const always = [
    '--generation-deterministic',
    '--no-shrink',
    '--continue-on-failure',
    '--workers',
    '1',
    '--no-color',
    '--warnings',
    'off',
  ];
  const child = spawn(SCHEMATHESIS, ['run', `${url}/openapi.json`, ...always, ...options], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let report = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      report += chunk.toString();
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, report, requestCount: Number(/(\d+) generated/.exec(report)?.[1] ?? 0) }));
  });
}
