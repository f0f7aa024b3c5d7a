/** A volume that is soon full: mounting one needs root on Linux. Elsewhere a full disk cannot be had without harm. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { tempDir } from './temp-dir.ts';

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

/** `describe`; where nothing can be mounted the suite is skipped and says why, in CI its tests fail. */
export function describeOnSmallDisk(title: string, suite: () => void): void {
  describe.skipIf(!canMount && process.env.CI === undefined)(`${title}${canMount ? '' : ' (needs root on Linux to mount a tmpfs)'}`, suite);
}

/** A MODELS_ROOT, not made yet, on a tmpfs of this size. @param inodes how many files and folders it takes; default: more than anybody makes */
export async function smallDisk(sizeBytes: number, { inodes }: { readonly inodes?: number } = {}): Promise<string> {
  const mount = await tempDir();
  const mounted = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${sizeBytes}${inodes === undefined ? '' : `,nr_inodes=${inodes}`}`,
    'tmpfs',
    mount,
  ]);
  if (mounted.status !== 0) throw new Error(`cannot mount a tmpfs: ${mounted.stderr}`);
  onTestFinished(() => void spawnSync('umount', ['-l', mount]));
  return join(mount, 'models');
}
