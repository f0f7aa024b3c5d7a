/**
 * Real volumes of any kind, in image files: for suites about what a file system shares and counts. Mounting needs root on Linux and the
 * file system's own mkfs; where they are missing a suite is skipped with the reason, in CI that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { describeUnless, isInstalled } from './real-server.ts';
import { tempDir } from './temp-dir.ts';

/** `vfat` and `exfat` stand for all that have neither hard links nor reflinks nor modes: the latter by FUSE, since not every kernel has the FAT family. */
export type VolumeKind = 'ext4' | 'btrfs' | 'xfs' | 'vfat' | 'exfat';

const MIB = 1024 * 1024;
/** Sparse: it takes what is written. The smallest that each mkfs makes without complaint. */
const IMAGE_BYTES: Readonly<Record<VolumeKind, number>> = {
  ext4: 256 * MIB,
  btrfs: 512 * MIB,
  xfs: 320 * MIB,
  vfat: 256 * MIB,
  exfat: 256 * MIB,
};
const MKFS: Readonly<Record<VolumeKind, readonly string[]>> = {
  ext4: ['mkfs.ext4', '-q', '-F'],
  btrfs: ['mkfs.btrfs', '-q', '-f'],
  xfs: ['mkfs.xfs', '-q', '-f'],
  vfat: ['mkfs.vfat'],
  exfat: ['mkfs.exfat'],
};
const DRIVERS: Partial<Readonly<Record<VolumeKind, string>>> = { exfat: 'mount.exfat-fuse' };

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

/** By a driver of its own, built in or a module, or by FUSE: no program can be installed that a kernel lacks. */
function kernelHas(kind: VolumeKind): boolean {
  if (DRIVERS[kind] !== undefined || !canMount) return true;
  const modules = `/lib/modules/${release()}/modules.dep`;
  if (existsSync(modules) && readFileSync(modules, 'utf8').includes(`/${kind}.ko`)) return true;
  return new RegExp(`\\b${kind}$`, 'm').test(readFileSync('/proc/filesystems', 'utf8'));
}

/** `describe`, for suites on a volume of this kind. Where the kernel has no such thing they are skipped, in CI too, and say so. */
export function describeOnVolume(kind: VolumeKind, title: string, suite: () => void): void {
  if (!kernelHas(kind)) {
    describe.skip(`${title} (this kernel has no ${kind})`, suite);
    return;
  }
  const programs = [MKFS[kind][0], DRIVERS[kind]].filter((program) => program !== undefined);
  const missing = [...(canMount ? [] : ['root on Linux to mount']), ...programs.filter((program) => !isInstalled(program))];
  describeUnless(missing, title, suite);
}

/** An empty volume of this kind, mounted in a folder of the test's own and taken away after it. */
export async function loopVolume(kind: VolumeKind): Promise<string> {
  const directory = await tempDir();
  const [image, mount] = [join(directory, 'image'), join(directory, 'mount')];
  const fd = openSync(image, 'w');
  ftruncateSync(fd, IMAGE_BYTES[kind]);
  closeSync(fd);
  await mkdir(mount);
  const [mkfs = '', ...options] = MKFS[kind];
  run(mkfs, [...options, image]);
  run('mount', ['-t', kind === 'exfat' ? 'exfat-fuse' : kind, '-o', 'loop', image, mount]);
  onTestFinished(() => void run('umount', ['-l', mount]));
  return mount;
}

/** What a program says. @throws Error with its complaint where it fails */
export function run(program: string, args: readonly string[]): string {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}
