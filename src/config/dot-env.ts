import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { fsError } from '../domain/fs-error.ts';
import { isFile } from './find-file.ts';
import type { Environment } from './process-environment.ts';

export interface DotEnv {
  readonly path: string;
  readonly text: string;
  readonly values: Environment;
}

/** Windows editors put it before the first name, which then would not be found. */
const BYTE_ORDER_MARK = /^\uFEFF/;

/** `.env` of the working directory, if there is one. */
export function readDotEnv(cwd: string): DotEnv | undefined {
  const path = join(cwd, '.env');
  if (!isFile(path)) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    return { path, text, values: parseEnv(text.replace(BYTE_ORDER_MARK, '')) };
  } catch (error) {
    throw fsError(error, `read ${path}`);
  }
}
