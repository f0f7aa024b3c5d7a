/** The bytes of a bundle, be it one file or a folder of parts: its parts in a row. */
import { constants, lstatSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import { badBundle } from './bad-bundle.ts';
import { MAX_PARTS, PARTS_NAME, partName } from './bundle-layout.ts';
import { type Node, parseStrict, ShapeFault } from './strict-json.ts';

export interface BundlePart {
  readonly path: string;
  /** In the bundle, of its first byte. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** As the list of parts says; absent for a bundle that is one file. */
  readonly sha256?: string;
}

export interface BundleBytes {
  /** As it was named. */
  readonly path: string;
  readonly parts: readonly BundlePart[];
  readonly sizeBytes: number;
  /** Of the index, as the list of parts says. */
  readonly indexSha256?: string;
}

const PARTS_SCHEMA = 'wan.bundle.parts/v1';
const MAX_PARTS_BYTES = 2 * 2 ** 20;
const CHUNK_BYTES = 1024 * 1024;
interface PartList {
  readonly indexSha256: Sha256;
  readonly partBytes: number;
  readonly parts: readonly { readonly sizeBytes: number; readonly sha256: Sha256 }[];
}

export const encodeParts = ({ indexSha256, partBytes, parts }: PartList): string => {
  const rows = parts.map(({ sizeBytes, sha256 }) => ({ size: sizeBytes, sha256 }));
  return `${JSON.stringify({ schema: PARTS_SCHEMA, index_sha256: indexSha256, part_size: partBytes, parts: rows }, null, 1)}\n`;
};

function decodeParts(node: Node): PartList {
  const { schema, index_sha256: indexSha256, part_size: partBytes, parts } = node.object('schema', 'index_sha256', 'part_size', 'parts');
  schema.is(PARTS_SCHEMA);
  const partOf = (part: Node) => {
    const { size, sha256 } = part.object('size', 'sha256');
    return { sizeBytes: size.size(1), sha256: sha256.sha256() };
  };
  return { indexSha256: indexSha256.sha256(), partBytes: partBytes.size(1), parts: parts.list(partOf, { min: 1, max: MAX_PARTS }) };
}

/** @throws ModelError SOURCE_UNAVAILABLE where there is nothing; FORMAT_INVALID, PATH_UNSAFE */
export async function findBundle(path: string): Promise<BundleBytes> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw nothingThere(path);
  if (stats.isDirectory()) return findParts(path);
  if (!stats.isFile()) throw badBundle(path, 'not_a_file', 'it is neither a file nor a folder');
  return { path, parts: [{ path, offset: 0, sizeBytes: stats.size }], sizeBytes: stats.size };
}

async function findParts(folder: string): Promise<BundleBytes> {
  const { indexSha256, partBytes, parts: listed } = await readParts(folder);
  let offset = 0;
  const parts = listed.map((part, at): BundlePart => {
    const path = join(folder, partName(at + 1));
    const isLast = at === listed.length - 1;
    if (isLast ? part.sizeBytes > partBytes : part.sizeBytes !== partBytes)
      throw badBundle(folder, 'parts_shape', 'its list of parts has absurd sizes');
    checkPart(folder, path, part.sizeBytes);
    const found = { path, offset, ...part };
    offset += part.sizeBytes;
    return found;
  });
  return { path: folder, parts, sizeBytes: offset, indexSha256 };
}

async function readParts(folder: string): Promise<PartList> {
  const path = join(folder, PARTS_NAME);
  const size = checkRegular(folder, path);
  if (size > MAX_PARTS_BYTES) throw badBundle(folder, 'parts_shape', `${PARTS_NAME} is too large to be one`);
  try {
    return decodeParts(parseStrict(await readFile(path)));
  } catch (error) {
    if (error instanceof ShapeFault) throw badBundle(folder, 'parts_shape', `${PARTS_NAME} is no list of parts: ${error.message}`);
    throw fsError(error, `read ${path}`);
  }
}

function checkPart(folder: string, path: string, sizeBytes: number): void {
  const found = checkRegular(folder, path);
  if (found !== sizeBytes)
    throw badBundle(folder, 'part_size', `${path} has ${found} bytes instead of ${sizeBytes}`, { part: path, found, expected: sizeBytes });
}

/** What lies in the folder is nobody's choice but its maker's: no link in it is followed. */
function checkRegular(folder: string, path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw badBundle(folder, 'part_missing', `${path} is not there`, { part: path });
  if (stats.isSymbolicLink())
    throw new ModelError('PATH_UNSAFE', `${path} is a link: parts of a bundle are files`, { reason: 'link_in_bundle', details: { path } });
  if (!stats.isFile()) throw badBundle(folder, 'part_missing', `${path} is not a file`, { part: path });
  return stats.size;
}

export interface Stretch {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** In order, in chunks of at most 1 MiB that never cross the end of a part. @throws ModelError FORMAT_INVALID where the bundle ends early */
export async function* readBytes(bundle: BundleBytes, { offset, sizeBytes }: Stretch, signal: AbortSignal): AsyncGenerator<Buffer> {
  const end = offset + sizeBytes;
  for (const part of bundle.parts) {
    const from = Math.max(offset, part.offset);
    const to = Math.min(end, part.offset + part.sizeBytes);
    if (from < to) yield* readPart(bundle, part, { from: from - part.offset, to: to - part.offset, signal });
  }
}

interface PartRange {
  readonly from: number;
  readonly to: number;
  readonly signal: AbortSignal;
}

async function* readPart(
  { path: bundle }: BundleBytes,
  { path, sha256 }: BundlePart,
  { from, to, signal }: PartRange,
): AsyncGenerator<Buffer> {
  const noFollow = sha256 !== undefined ? (constants.O_NOFOLLOW ?? 0) : 0;
  const handle = await open(path, constants.O_RDONLY | noFollow).catch((error: unknown) => {
    throw isErrno(error, 'ENOENT') ? badBundle(bundle, 'part_missing', `${path} is not there`) : fsError(error, `read ${path}`);
  });
  try {
    for (let position = from; position < to; ) {
      throwIfCancelled(signal, `reading ${path}`);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - position)), 0, null, position);
      if (bytesRead === 0) throw badBundle(bundle, 'truncated', `${path} ends at byte ${position}`);
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw fsError(error, `read ${path}`);
  } finally {
    await handle.close();
  }
}

/** A few bytes at once. */
export async function readAt(bundle: BundleBytes, stretch: Stretch, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readBytes(bundle, stretch, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const nothingThere = (path: string): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `there is no bundle at ${path}`, {
    reason: 'not_found',
    retryable: false,
    hint: 'name the file, or the folder with its parts',
  });
