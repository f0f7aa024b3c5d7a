/**
 * Memory of a process and its descendants, sampled: what of it the kernel could not take back by dropping pages of files, which is what
 * a machine runs out of. A limit of the address space (RLIMIT_AS) is no way: torch and CUDA reserve far more of it than they ever use;
 * and a control group of one's own is a right that few users have.
 */
import { readFileSync } from 'node:fs';

const EVERY_MS = 50;
/** Of a process that is itself part of the kernel's count: anonymous, shared, swapped out. */
const COUNTED = /^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$/gm;
const KIB = 1024;

export interface MemoryWatch {
  /** Undefined where this platform does not tell. */
  peakBytes(): number | undefined;
  stop(): void;
}

/** @param onOver called once, with what was found, when that is more than `limitBytes` */
export function watchMemory(pid: number, limitBytes: number | undefined, onOver: (bytes: number) => void): MemoryWatch {
  let peak: number | undefined;
  const timer = setInterval(() => {
    const bytes = memoryOf(pid);
    if (bytes === undefined) return;
    peak = Math.max(peak ?? 0, bytes);
    if (limitBytes === undefined || bytes <= limitBytes) return;
    clearInterval(timer);
    onOver(bytes);
  }, EVERY_MS);
  return { peakBytes: () => peak, stop: () => clearInterval(timer) };
}

/** Whether {@link watchMemory} sees anything here. */
export const canWatchMemory = (): boolean => memoryOf(process.pid) !== undefined;

/** Undefined where there is no such process, or no /proc. */
function memoryOf(pid: number): number | undefined {
  const status = readProc(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const own = [...status.matchAll(COUNTED)].reduce((sum, [, kib]) => sum + Number(kib) * KIB, 0);
  const children = readProc(`/proc/${pid}/task/${pid}/children`)?.match(/\d+/g) ?? [];
  return children.reduce((sum, child) => sum + (memoryOf(Number(child)) ?? 0), own);
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has just ended, or this is no Linux.
    return undefined;
  }
}
