/**
 * A folder on a file system that can be made to hang in the kernel, as a dead NFS server does: bindfs, a FUSE driver, stopped. Mounting needs
 * root on Linux, /dev/fuse and bindfs; where they are missing a suite is skipped with the reason, in CI that is a failure.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { run } from './loop-volume.ts';
import { describeUnless, isInstalled } from './real-server.ts';
import { tempDir } from './temp-dir.ts';

export interface HangingFolder {
  readonly path: string;
  /** Every call on it waits from now on, in the kernel. */
  hang(): void;
  /** And goes on. */
  heal(): void;
}

const canMount = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/dev/fuse');

export function describeWithHangs(title: string, suite: () => void): void {
  const missing = [
    ...(canMount ? [] : ['root on Linux with /dev/fuse']),
    ...['bindfs', 'mount'].filter((program) => !isInstalled(program)),
  ];
  describeUnless(missing, title, suite);
}

/** Empty; heals, and is taken away, with the test. */
export async function hangingFolder(): Promise<HangingFolder> {
  const directory = await tempDir();
  const [real, path] = [join(directory, 'real'), join(directory, 'mount')];
  await Promise.all([mkdir(real), mkdir(path)]);
  const driver = spawn('bindfs', ['-f', real, path], { stdio: 'ignore' });
  const ended = new Promise((resolve) => driver.once('close', resolve));
  onTestFinished(async () => {
    driver.kill('SIGCONT');
    run('umount', ['-l', path]);
    driver.kill('SIGKILL');
    await ended;
  });
  await vi.waitFor(() => {
    if (!readFileSync('/proc/self/mounts', 'utf8').includes(` ${path} fuse`)) throw new Error(`${path} is not mounted yet`);
  });
  return { path, hang: () => void driver.kill('SIGSTOP'), heal: () => void driver.kill('SIGCONT') };
}
