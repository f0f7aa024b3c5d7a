/**
 * A wan.toml or .env that came with the working directory: perhaps somebody else's. The user trusts it as it is, as with direnv: a change
 * of its text, or of a certificate file that it names, ends that.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { isFile } from './find-file.ts';

export interface ProjectFileInput {
  readonly path: string;
  readonly text: string;
  /** The certificate files that it names, absolute. */
  readonly namedFiles: () => readonly string[];
  readonly userConfigDir: string;
}

/** States of one file that are remembered as trusted: as many as anybody switches between. */
const MAX_STATES = 100;

export class ProjectFile {
  /** Absolute, without links. */
  readonly path: string;
  readonly #userConfigDir: string;
  // Private: an .env holds secrets, and a Config may be printed.
  readonly #text: string;
  readonly #namedFiles: () => readonly string[];
  #trusted: boolean | undefined;

  constructor({ path, text, namedFiles, userConfigDir }: ProjectFileInput) {
    this.path = realPath(path);
    this.#userConfigDir = userConfigDir;
    this.#text = text;
    this.#namedFiles = namedFiles;
  }

  /** Where the user's trust in it is recorded: its path, then a line for each state. */
  get recordPath(): string {
    return join(this.#userConfigDir, 'trusted', sha256(this.path));
  }

  get isTrusted(): boolean {
    this.#trusted ??= this.#recordedStates()?.includes(this.#state()) ?? false;
    return this.#trusted;
  }

  /** The text of the record with which the file, as it was read, is trusted. */
  trustRecord(): string {
    const state = this.#state();
    const others = (this.#recordedStates() ?? []).filter((one) => one !== state);
    return `${[JSON.stringify(this.path), state, ...others.slice(0, MAX_STATES - 1)].join('\n')}\n`;
  }

  #recordedStates(): readonly string[] | undefined {
    try {
      const [, ...states] = readFileSync(this.recordPath, 'utf8').trimEnd().split('\n');
      return states;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw fsError(error, `read ${this.recordPath}`);
    }
  }

  #state(): string {
    const named = this.#namedFiles().map((path) => [path, isFile(path) ? sha256(readFileSync(path)) : 'none']);
    return sha256(JSON.stringify([this.#text, named]));
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw fsError(error, `read ${path}`);
  }
}

/** Loaded when it is first needed: most starts of a command hash nothing. */
const sha256 = (bytes: string | Uint8Array): string => process.getBuiltinModule('node:crypto').hash('sha256', bytes);
