/** Files of this volume that processes have open or mapped: Linux tells it in /proc, of those processes that this user may look into. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { isErrno } from '../domain/fs-error.ts';

export interface FileUser {
  readonly pid: number;
  /** Short name of its program. Its arguments may hold secrets. */
  readonly program: string;
  readonly how: 'open' | 'mapped';
}

export interface OpenFiles {
  readonly looked: boolean;
  /** Programs of others that could not be looked into. */
  readonly hiddenProcesses: number;
  /** By inode number. */
  readonly byInode: ReadonlyMap<string, FileUser>;
}

const NOT_LOOKED: OpenFiles = { looked: false, hiddenProcesses: 0, byInode: new Map() };
const GONE = ['ENOENT', 'ESRCH'] as const;
const HIDDEN = ['EACCES', 'EPERM'] as const;
/** `address permissions offset device inode path` */
const MAPPING = /^\S+ \S+ \S+ ([0-9a-f]+):([0-9a-f]+) ([1-9]\d*) +(\/.*)$/gm;
/** Memory that has an inode and no file. */
const NO_FILE = /^\/(?:memfd:|dev\/|SYSV|anon_hugepage|\[)/;

/** @param root on the volume that is asked about */
export function readOpenFiles(root: string): OpenFiles {
  const pids = process.platform === 'linux' ? pidsIn('/proc') : [];
  if (pids.length === 0) return NOT_LOOKED;
  const device = statSync(root, { bigint: true }).dev;
  const byInode = new Map<string, FileUser>();
  let hiddenProcesses = 0;
  for (const pid of pids) {
    try {
      lookInto(pid, device, byInode);
    } catch (error) {
      if (isErrno(error, ...GONE)) continue;
      if (!isErrno(error, ...HIDDEN)) throw error;
      if (isProgram(pid)) hiddenProcesses++;
    }
  }
  return { looked: true, hiddenProcesses, byInode };
}

function pidsIn(proc: string): number[] {
  try {
    return readdirSync(proc)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch (error) {
    if (isErrno(error, ...GONE, ...HIDDEN)) return [];
    throw error;
  }
}

function lookInto(pid: number, device: bigint, byInode: Map<string, FileUser>): void {
  const found: [string, FileUser['how']][] = [];
  for (const [, major = '', minor = '', inode = '', path = ''] of readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(MAPPING)) {
    if (!NO_FILE.test(path) && isDevice(device, major, minor)) found.push([inode, 'mapped']);
  }
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const inode = inodeOf(`/proc/${pid}/fd/${fd}`, device);
    if (inode !== undefined) found.push([inode, 'open']);
  }
  if (found.length === 0) return;
  const program = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  for (const [inode, how] of found) if (!byInode.has(inode)) byInode.set(inode, { pid, program, how });
}

function inodeOf(link: string, device: bigint): string | undefined {
  try {
    // Sockets and pipes have no path, and to stat them is for nothing.
    if (!readlinkSync(link).startsWith('/')) return undefined;
    const { dev, ino } = statSync(link, { bigint: true });
    return dev === device ? String(ino) : undefined;
  } catch {
    // Gone, or behind a server that is gone (ENOTCONN, ESTALE, EIO), or not for this user: a file of the root's volume can be asked.
    return undefined;
  }
}

/**
 * Volumes without a disk of their own (subvolumes, overlays) have devices with major number 0, and a mapping may name another one of those than
 * stat does. There the inode number alone decides: a model too many is kept.
 */
function isDevice(device: bigint, major: string, minor: string): boolean {
  const majorNumber = BigInt(`0x${major}`);
  if (majorNumber !== majorOf(device)) return false;
  return majorNumber === 0n || BigInt(`0x${minor}`) === minorOf(device);
}

const majorOf = (device: bigint): bigint => ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
const minorOf = (device: bigint): bigint => (device & 0xffn) | ((device >> 12n) & ~0xffn);

/** Threads of the kernel have no command line, and no files. */
function isProgram(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch (error) {
    if (isErrno(error, ...GONE, ...HIDDEN)) return false;
    throw error;
  }
}
