/** The native file calls that node:fs lacks. Loaded at first use: a command that takes no lock does not pay for it. */
import { createRequire } from 'node:module';

/** The part of `fs-native-extensions` that we use (it ships no types). A lock is per open file description. */
export interface NativeFs {
  /** False where another description holds it. macOS takes whole-file locks only: offset and length 0. */
  tryLock(fd: number, offset: number, length: number, options?: { readonly shared?: boolean }): boolean;
  unlock(fd: number, offset: number, length: number): void;
  /** Exchanges two names: atomic on Linux and macOS, three moves on Windows. */
  swap(from: string, to: string): Promise<void>;
}

let loaded: NativeFs | undefined;

export function nativeFs(): NativeFs {
  loaded ??= createRequire(import.meta.url)('fs-native-extensions') as NativeFs;
  return loaded;
}
