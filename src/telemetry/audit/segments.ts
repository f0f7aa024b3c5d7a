/** The files of the log: numbered, appended to, never rewritten. And `head.json`, which names the last line. */
import { closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditMark } from '../../domain/audit.ts';
import { fsError } from '../../domain/fs-error.ts';
import { syncDirectory, withFile } from '../../store/durable.ts';
import { listNames } from '../../store/list-names.ts';
import { encodeRecord, readRecord } from '../../store/record.ts';
import { writeBeside } from '../../store/write-beside.ts';

const SEGMENT = /^audit-(\d{6,})\.jsonl$/;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** The last line, and where it ends. */
export interface Head extends AuditMark {
  readonly file: string;
  /** Of the file, up to and with its line break. */
  readonly bytes: number;
}

/** Names, oldest first. */
export const listSegments = (directory: string): string[] =>
  listNames(directory)
    .filter((name) => SEGMENT.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b));

/** The name after another one. */
export const nextSegment = (name: string | undefined): string =>
  `audit-${String(name === undefined ? 1 : numberOf(name) + 1).padStart(6, '0')}.jsonl`;

const numberOf = (name: string): number => Number(SEGMENT.exec(name)?.[1] ?? 0);

export const segmentBytes = (directory: string, name: string): number =>
  statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;

export const readSegment = (directory: string, name: string): Buffer => reading(join(directory, name), readFileSync);

/** So many bytes of it, or all where it has less. */
export const beginningOf = (directory: string, name: string, sizeBytes: number): Buffer =>
  reading(join(directory, name), (path) => {
    const [fd, bytes] = [openSync(path, 'r'), Buffer.alloc(sizeBytes)];
    try {
      return bytes.subarray(0, readSync(fd, bytes));
    } finally {
      closeSync(fd);
    }
  });

function reading(path: string, read: (path: string) => Buffer): Buffer {
  try {
    return read(path);
  } catch (error) {
    throw fsError(error, `read the audit log ${path}`);
  }
}

/** On disk on return, power loss or not. Call under the lock. @throws ModelError, and then nothing of it is there */
export async function appendToSegment(directory: string, name: string, text: string): Promise<void> {
  const path = join(directory, name);
  const before = segmentBytes(directory, name);
  try {
    await withFile(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | NO_FOLLOW, async (handle) => {
      try {
        await handle.appendFile(text);
        await handle.sync();
      } catch (error) {
        // A volume that is full takes a part: nobody was told of it, and it will be written again.
        await handle.truncate(before);
        throw error;
      }
    });
    if (before === 0) await syncDirectory(directory);
  } catch (error) {
    throw fsError(error, `write the audit log ${path}`);
  }
}

export const readHead = (directory: string): Head | undefined => readRecord<Head>(headPath(directory));

export const writeHead = (directory: string, head: Head): Promise<void> =>
  writeBeside(headPath(directory), { write: (handle) => handle.writeFile(`${encodeRecord(head)}\n`), followLink: false });

const headPath = (directory: string): string => join(directory, 'head.json');
