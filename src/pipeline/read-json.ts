/** Small JSON files of a model's directory. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';

/** Configurations are a few KiB. */
const MAX_BYTES = 1_000_000;

export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined where there is no such file. @throws ModelError FORMAT_INVALID where it is no JSON object, or a huge one */
export async function readJsonObject(path: string, maxBytes = MAX_BYTES): Promise<JsonObject | undefined> {
  const text = await readText(path, maxBytes);
  if (text === undefined) return undefined;
  const value = parse(path, text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw notJson(path, 'it holds no object');
}

async function readText(path: string, maxBytes: number): Promise<string | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const { size } = await file.stat();
    if (size > maxBytes) throw notJson(path, `it has ${size} bytes; at most ${maxBytes} are read`);
    return await file.readFile('utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (error instanceof ModelError) throw error;
    throw fsError(error, `read ${path}`);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notJson(path, error instanceof Error ? error.message : String(error));
  }
}

const notJson = (path: string, why: string): ModelError =>
  new ModelError('FORMAT_INVALID', `${path} is not the JSON that it should be: ${why}`, { reason: 'config_unreadable', details: { path } });
