/** The Hub's own Python client, at the version that .ci/run installs. */
import { execFile, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const cacheHome = process.env.XDG_CACHE_HOME || join(process.env.HOME ?? homedir(), '.cache');
const home = join(cacheHome, 'wan-models-ci', 'huggingface_hub-2.4.0', process.platform === 'win32' ? 'Scripts' : 'bin');

/** For `needs` of `describeWithReal`. */
export const HUB_PYTHON = join(home, 'python');
export const HUB_CLI = join(home, 'hf');

export interface HubClientRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HubClientOptions {
  /** HF_HUB_CACHE. */
  readonly cache: string;
  /** HF_HUB_OFFLINE where absent. */
  readonly endpoint?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the client's own command: `['cache', 'verify', …]`. */
export const hubCli = (args: readonly string[], options: HubClientOptions): Promise<HubClientRun> => run(HUB_CLI, args, options);

/** Runs Python with the client; `sys.argv[1:]` are the arguments. */
export const hubPython = (code: string, args: readonly string[], options: HubClientOptions): Promise<HubClientRun> =>
  run(HUB_PYTHON, ['-c', code, ...args], options);

/** What a script in its Python prints. @param home of the client: caches and logs lie there */
export async function pythonOutput(script: string, args: readonly string[], home: string): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', HOME: home, HF_HOME: home };
  return (await promisify(execFile)(HUB_PYTHON, [script, ...args], { env })).stdout;
}

function run(program: string, args: readonly string[], { cache, endpoint, env }: HubClientOptions): Promise<HubClientRun> {
  const options: SpawnOptionsWithoutStdio = {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: join(cache, '..'),
      HF_HUB_CACHE: cache,
      HF_HUB_DISABLE_TELEMETRY: '1',
      HF_HUB_DISABLE_XET: '1',
      HF_HUB_DISABLE_UPDATE_CHECK: '1',
      NO_COLOR: '1',
      ...(endpoint === undefined ? { HF_HUB_OFFLINE: '1' } : { HF_ENDPOINT: endpoint }),
      ...env,
    },
  };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, options);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
