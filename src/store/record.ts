/** Self-checking records, one JSON object a file: see docs/store-format.md, "Records". */

import { lstatSync, readFileSync } from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { fingerprint } from '../util/fingerprint.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory, withFile } from './durable.ts';
import { removePath } from './remove-path.ts';

export function encodeRecord(body: object): string {
  const text = JSON.stringify(body);
  return `${text.slice(0, -1)},"check":"${checkOf(text)}"}`;
}

/** Undefined for whatever is torn, truncated, edited or no record at all. */
export function decodeRecord<T extends object>(text: string): T | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { check, ...body } = parsed as { check?: unknown };
  return check === checkOf(JSON.stringify(body)) ? (body as T) : undefined;
}

/** Undefined when there is none or it does not check. @throws ModelError when it cannot be read. */
export function readRecord<T extends object>(path: string): T | undefined {
  const text = textOf(path);
  return text === undefined ? undefined : decodeRecord<T>(text);
}

function textOf(path: string): string | undefined {
  try {
    // Often it is not there: to ask costs far less than the error that says so.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fsError(error, `read ${path}`);
  }
}

/** A record a line, up to the first that does not check; none where there is no file. @throws ModelError when it cannot be read. */
export function readRecords<T extends object>(path: string): T[] {
  const records = (textOf(path) ?? '').split('\n').map((line) => decodeRecord<T>(line));
  const end = records.indexOf(undefined);
  return records.slice(0, end === -1 ? undefined : end) as T[];
}

export interface WriteRecordOptions {
  /** Whether it must survive power loss once this resolves. */
  readonly durable: boolean;
}

/** Replaces the record under `path` in one step. */
export async function writeRecord(context: StoreContext, path: string, body: object, options: WriteRecordOptions): Promise<void> {
  const temporary = context.resolver.recordTemp(context.random.uuid());
  try {
    await makeDirectory(context, dirname(temporary));
    await makeDirectory(context, dirname(path));
    await withFile(temporary, 'wx', async (handle) => {
      await handle.writeFile(`${encodeRecord(body)}\n`);
      if (options.durable) await handle.sync();
    });
    await rename(temporary, path);
    if (options.durable) await syncDirectory(dirname(path));
  } catch (error) {
    await removePath(temporary);
    throw fsError(error, `write ${path}`);
  }
}

/** Removes a record; no error when there is none. */
export async function removeRecord(path: string, options: WriteRecordOptions): Promise<void> {
  try {
    await unlink(path);
    if (options.durable) await syncDirectory(dirname(path));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return;
    throw fsError(error, `remove ${path}`);
  }
}

const checkOf = (text: string): string => fingerprint(Buffer.from(text));
