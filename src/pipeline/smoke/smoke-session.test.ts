/** Real processes: programs in place of a Python that has torch, and Python itself. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { describeWithReal } from '../../../test/support/real-server.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { SmokeSession, type SmokeSessionOptions } from './smoke-session.ts';

const SCRIPT = join(import.meta.dirname, 'wan_smoke.py');

interface Bench {
  readonly directory: string;
  open(options?: Partial<SmokeSessionOptions>): Promise<SmokeSession>;
}

/** @param code of the shell that is started in place of Python */
async function bench(code: string): Promise<Bench> {
  const directory = await tempDir();
  const command = join(directory, 'python');
  await writeFile(command, `#!/bin/sh\n${code}\n`);
  await chmod(command, 0o755);
  const env = { PATH: process.env.PATH ?? '', PLACE: directory };
  const python = { command, origin: 'a test' };
  const open = (options: Partial<SmokeSessionOptions> = {}) =>
    SmokeSession.start({ python, env, timeoutMs: 30_000, memoryBytes: undefined, ...options });
  return { directory, open };
}

/** Of a session that is ended at once. */
async function failureOf({ open }: Bench, options?: Partial<SmokeSessionOptions>): Promise<unknown> {
  await using session = await open(options);
  return await session.next().catch((error: unknown) => error);
}

const isAlive = (pid: string): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function waitFor(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !condition(); tries++) await sleep(50);
  expect(condition()).toBe(true);
}

describe('a Python', () => {
  it('that is not there is INVALID_CONFIG, with who named it', async () => {
    const error = await failureOf(await bench(''), { python: { command: '/nowhere/python', origin: 'wan.toml:3:1' } });
    expect(error).toMatchObject({
      code: 'INVALID_CONFIG',
      reason: 'python_missing',
      message: 'cannot run "/nowhere/python" (wan.toml:3:1): there is no such program',
    });
  });

  it('that ends without a word of ours is told with what it printed last', async () => {
    const error = await failureOf(await bench('echo "first"; echo "ImportError: no libcudart" >&2; exit 3'));
    expect(error).toMatchObject({
      code: 'INVALID_CONFIG',
      reason: 'python_crashed',
      message: 'Python ended with exit status 3 while starting Python: ImportError: no libcudart',
      details: { exit_code: 3, output: expect.stringContaining('first') },
    });
  });

  it('that is killed from outside is want of memory', async () => {
    expect(await failureOf(await bench('kill -9 $$'))).toMatchObject({ code: 'NO_SPACE', reason: 'host_memory' });
  });

  it('that says what is wrong is told in its words, without secrets', async () => {
    const event = '{"event":"failed","kind":"load_failed","message":"vae: OSError: https://me:secret@example/x","component":"vae"}';
    expect(await failureOf(await bench(`echo 'a banner'; echo '${event}'; sleep 60`))).toMatchObject({
      code: 'FORMAT_INVALID',
      reason: 'load_failed',
      message: expect.not.stringContaining('secret'),
      details: { component: 'vae' },
    });
  });
});

describe('a session', () => {
  const family = 'sleep 600 & echo $! > "$PLACE/child"; echo $$ > "$PLACE/parent"; touch "$TMPDIR/left"; wait';

  it('ends after its time, with all that it started and all that it wrote', async () => {
    const place = await bench(family);
    const session = await place.open({ timeoutMs: 500 });
    await waitFor(() => existsSync(join(place.directory, 'parent')));
    await expect(session.next()).rejects.toMatchObject({ code: 'NETWORK_TIMEOUT', reason: 'smoke_timeout' });
    await session[Symbol.asyncDispose]();
    const pids = ['child', 'parent'].map((name) => readFileSync(join(place.directory, name), 'utf8').trim());
    await waitFor(() => !pids.some(isAlive));
  });

  it('ends at once where it is cancelled', async () => {
    const place = await bench(family);
    const controller = new AbortController();
    const failure = failureOf(place, { signal: controller.signal });
    await waitFor(() => existsSync(join(place.directory, 'parent')));
    controller.abort();
    expect(await failure).toMatchObject({ code: 'CANCELLED' });
  });

  it('leaves its folder nowhere', async () => {
    const place = await bench('echo "$TMPDIR" > "$PLACE/folder"; exit 0');
    await failureOf(place);
    expect(existsSync(readFileSync(join(place.directory, 'folder'), 'utf8').trim())).toBe(false);
  });

  it('counts only the time in which it is waited for', async () => {
    const place = await bench(
      'echo \'{"event":"stage","stage":"checking"}\'; echo \'{"event":"done","memory":{}}\'; touch "$PLACE/told"; sleep 60',
    );
    await using session = await place.open({ timeoutMs: 2000 });
    await waitFor(() => existsSync(join(place.directory, 'told')));
    expect(await session.next()).toMatchObject({ event: 'stage' });
    await sleep(2500);
    expect(await session.next()).toMatchObject({ event: 'done' });
  });

  it('keeps its environment, but for credentials, the network, and its caches, which go with its folder', async () => {
    const place = await bench('env > "$PLACE/env"; exit 0');
    const env = {
      PATH: process.env.PATH ?? '',
      PLACE: place.directory,
      HF_TOKEN: 'hf_x',
      AWS_SECRET_ACCESS_KEY: 'y',
      HF_HUB_CACHE: '/elsewhere',
    };
    await failureOf(place, { env });
    const told = readFileSync(join(place.directory, 'env'), 'utf8');
    const folder = /^TMPDIR=(.*)$/m.exec(told)?.[1] ?? '';
    for (const line of [`PLACE=${place.directory}`, `HF_HOME=${folder}`, `XDG_CACHE_HOME=${folder}`, 'HF_HUB_OFFLINE=1'])
      expect(told).toContain(`${line}\n`);
    expect(told).not.toMatch(/^(?:HF_TOKEN|AWS_SECRET_ACCESS_KEY|HF_HUB_CACHE)=/m);
  });

  it('that cannot even be begun leaves no folder, and says why', async () => {
    const place = await bench('');
    vi.stubEnv('TMPDIR', await tempDir());
    onTestFinished(() => void vi.unstubAllEnvs());
    const opening = place.open({ python: { command: 'py\0thon', origin: 'wan.toml:3:1' } });
    await expect(opening).rejects.toMatchObject({ code: 'INVALID_CONFIG', reason: 'python_missing' });
    expect(readdirSync(tmpdir())).toEqual([]);
  });
});

const HOLD = `${process.execPath} -e 'const held = Buffer.alloc(300 << 20, 1); setTimeout(() => held, 60000)'`;

describe.runIf(process.platform === 'linux')('the limit of memory', () => {
  it('counts what children hold, too, and says how much that was', async () => {
    const place = await bench(`${HOLD} & wait`);
    const error = await failureOf(place, { memoryBytes: 200 << 20 });
    expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED', reason: 'memory_limit', details: { bytes_allowed: 200 << 20 } });
    expect((error as { details: { bytes_used: number } }).details.bytes_used).toBeGreaterThan(200 << 20);
  });

  it('is not met by one that stays below it, whose peak is known', async () => {
    const place = await bench(`${HOLD} & while [ ! -e "$PLACE/go" ]; do sleep 0.1; done; exit 4`);
    await using session = await place.open({ memoryBytes: 2 ** 40 });
    await waitFor(() => (session.memoryPeakBytes ?? 0) > 300 << 20);
    await writeFile(join(place.directory, 'go'), '');
    await expect(session.next()).rejects.toMatchObject({ reason: 'python_crashed' });
    expect(session.memoryPeakBytes).toBeGreaterThan(300 << 20);
  });
});

describeWithReal('wan_smoke.py in a real Python', {
  needs: ['python3'],
  suite: () => {
    it('says which package is not there, and how to install it where', async () => {
      const place = await bench('exec python3 -I -S "$@"');
      expect(await failureOf(place)).toMatchObject({
        code: 'INVALID_CONFIG',
        reason: 'package_missing',
        message: 'there is no torch in this Python',
        hint: expect.stringContaining(`${place.directory}/python -m pip install torch diffusers`),
        details: { package: 'torch' },
      });
    });

    it.each([
      ['ImportError("`enable_model_cpu_offload` requires `accelerate v0.17.0` or higher.")', 'package_missing'],
      ['NameError("name \'ftfy\' is not defined")', 'package_missing'],
      ['NameError("name \'width\' is not defined")', 'run_failed'],
      ['RuntimeError("CUDA error: invalid device ordinal")', 'device_failed'],
      ['MemoryError()', 'host_memory'],
    ])('takes %s for %s', (error, kind) => {
      const code = `import sys; sys.path.insert(0, sys.argv[1]); import wan_smoke; print(wan_smoke.failure_of(${error}).kind)`;
      expect(execFileSync('python3', ['-B', '-c', code, import.meta.dirname], { encoding: 'utf8' })).toBe(`${kind}\n`);
    });

    it('ends, and removes its folder, where whoever started it is gone', async () => {
      const directory = await tempDir();
      const [packages, folder] = [join(directory, 'packages'), join(directory, 'folder')];
      for (const path of [join(packages, 'torch'), folder]) await mkdir(path, { recursive: true });
      await writeFile(join(packages, 'torch', '__init__.py'), 'import time\ntime.sleep(600)\n');
      const env = { ...process.env, PYTHONPATH: packages, WAN_SMOKE_FOLDER: folder };
      const child = spawn('python3', [SCRIPT], { env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
      await sleep(500);
      expect(child.exitCode).toBe(null);
      child.stdin.end();
      expect(await ended).toBe('SIGKILL');
      expect(readdirSync(directory)).toEqual(['packages']);
    });
  },
});
