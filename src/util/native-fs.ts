/** The native file calls that node:fs lacks. Loaded at first use: a command that takes no lock does not pay for it. */
import { createRequire, Module } from 'node:module';

/** The part of `fs-native-extensions` that we use (it ships no types). A lock is per open file description. */
export interface NativeFs {
  /** False where another description holds it. macOS takes whole-file locks only: offset and length 0. */
  tryLock(fd: number, offset: number, length: number, options?: { readonly shared?: boolean }): boolean;
  unlock(fd: number, offset: number, length: number): void;
  /** Exchanges two names: atomic on Linux and macOS, three moves on Windows. */
  swap(from: string, to: string): Promise<void>;
}

const PACKAGE = 'fs-native-extensions';

let loaded: NativeFs | undefined;

export function nativeFs(): NativeFs {
  if (loaded === undefined) {
    const require = createRequire(import.meta.filename);
    presetBinding(require);
    loaded = require(PACKAGE) as NativeFs;
  }
  return loaded;
}

/** The package looks for its binary through thirty files of other packages, 15 ms long; where it lies is known. */
function presetBinding(require: NodeJS.Require): void {
  const binary = `${PACKAGE}/prebuilds/${process.platform}-${process.arch}/${PACKAGE}.node`;
  try {
    const exports: unknown = require(binary);
    const binding = require.resolve(`${PACKAGE}/binding`);
    require.cache[binding] = Object.assign(new Module(binding), { exports, loaded: true });
  } catch (error) {
    // A platform that the package finds another way, or says what is missing.
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
  }
}
