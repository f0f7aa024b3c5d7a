/** Leaf hashes of a blob, made after its first full proof: they find the bad piece, and let cores share one file. */

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, withFile } from './durable.ts';
import { removePath } from './remove-path.ts';

const MAGIC = 'wanleaf1';
const LEAF_DIGEST_BYTES = 32;
const HEADER_BYTES = 16;
const CHECK_BYTES = 32;

export interface PieceLeaves {
  readonly leafBytes: number;
  /** sha256 of each leaf, 32 bytes each, in order. */
  readonly digests: Uint8Array;
}

/** One number for all leaves, the same on every machine: what the record ends with. */
export const leavesRoot = (leaves: PieceLeaves): Sha256 => sha256Of(hash('sha256', bodyOf(leaves), 'hex'));

/** File: magic (8), leaf size (u64 LE), the digests, sha256 of all that. */
export async function writeLeaves(context: StoreContext, digest: Sha256, leaves: PieceLeaves): Promise<void> {
  const path = context.resolver.stateFile('pieces', digest);
  const temporary = context.resolver.recordTemp(context.random.uuid());
  try {
    await makeDirectory(context, dirname(path));
    await makeDirectory(context, dirname(temporary));
    await withFile(temporary, 'wx', (handle) => handle.writeFile(encode(leaves)));
    await rename(temporary, path);
  } catch (error) {
    await removePath(temporary);
    throw fsError(error, `write ${path}`);
  }
}

/** Undefined when there are none, or they are damaged, or not of a file of this size. */
export function readLeaves(context: StoreContext, digest: Sha256, sizeBytes: number): PieceLeaves | undefined {
  const path = context.resolver.stateFile('pieces', digest);
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `read ${path}`);
  }
  const leaves = decode(file);
  return leaves && leaves.digests.length === Math.ceil(sizeBytes / leaves.leafBytes) * LEAF_DIGEST_BYTES ? leaves : undefined;
}

function encode(leaves: PieceLeaves): Buffer {
  const body = bodyOf(leaves);
  return Buffer.concat([body, hash('sha256', body, 'buffer')]);
}

function bodyOf({ leafBytes, digests }: PieceLeaves): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeBigUInt64LE(BigInt(leafBytes), MAGIC.length);
  return Buffer.concat([header, digests]);
}

function decode(file: Buffer): PieceLeaves | undefined {
  const body = file.subarray(0, -CHECK_BYTES);
  if (file.length < HEADER_BYTES + CHECK_BYTES || body.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  if (!hash('sha256', body, 'buffer').equals(file.subarray(-CHECK_BYTES))) return undefined;
  return { leafBytes: Number(body.readBigUInt64LE(MAGIC.length)), digests: body.subarray(HEADER_BYTES) };
}
