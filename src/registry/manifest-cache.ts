/**
 * Compiled manifests on disk. A cache and nothing more: it is read only when it is ours, whole, of this format, and made of the very
 * bytes that the manifest and its lockfile have now; losing it costs time. Format: a line of JSON
 * `{format, check, headBytes, bodyBytes, lockBytes}`, the JSON head with the manifest's sha256, the bodies, the bytes of the manifest, those of
 * the lockfile. The check covers head and bodies.
 *
 * The bytes are compared, not their sha256: that would load node:crypto, which takes longer than all the rest of a warm `ensure`.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Sha256 } from '../domain/digest.ts';
import { errnoOf } from '../domain/fs-error.ts';
import { fingerprint } from '../util/fingerprint.ts';
import { makeFolders } from '../util/make-folders.ts';
import { CompiledManifest, type ManifestHead } from './compiled-manifest.ts';

/** Raise it whenever the compiled form, or what counts as valid, changes. */
const FORMAT = 'wan-manifest-cache/5';
const KEPT = 4;
const LARGE_BYTES = 2 ** 20;
/** A file's own URL with a query, in the JSON of a body. */
const SIGNED_URL = /"url":"[^"?]*\?/;
const STALE_TEMPORARY_MS = 3_600_000;
const ENTRY = /^[0-9a-f]{16}\.json$/;
const TEMPORARY = /^\.[0-9a-f]{16}\.[0-9a-f-]+\.tmp$/;

interface Header {
  readonly format: string;
  readonly check: string;
  readonly headBytes: number;
  readonly bodyBytes: number;
  /** -1: there was no lockfile. */
  readonly lockBytes: number;
}

/** What a compiled manifest is made of. */
export interface CacheSource {
  readonly manifest: Buffer;
  readonly lock?: Buffer | undefined;
}

interface Head {
  readonly digest: Sha256;
  readonly head: ManifestHead;
}

/** `undefined` for whatever is not there, not ours, not whole, or made of other bytes than `source`. */
export function readCachedManifest(cacheDir: string, source: CacheSource): CompiledManifest | undefined {
  try {
    const fd = openSync(entryPath(cacheDir, source), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      return isOwn(fd) ? decode(readFileSync(fd), source) : undefined;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}

export interface CacheEntry {
  readonly source: CacheSource;
  readonly compiled: CompiledManifest;
}

/**
 * Best effort: a cache that cannot be written costs time, not correctness. A manifest with signed URLs is not kept: as long as they
 * live they are secrets, and the store holds none.
 */
export async function writeCachedManifest(cacheDir: string, { source, compiled }: CacheEntry): Promise<void> {
  if (SIGNED_URL.test(compiled.bodies.toString('latin1'))) return;
  const temporary = join(cacheDir, `.${checkOf(source.manifest)}.${crypto.randomUUID()}.tmp`);
  try {
    await makeFolders(cacheDir, 0o700);
    await writeFile(temporary, [...encode(compiled, source), source.manifest, ...(source.lock === undefined ? [] : [source.lock])], {
      mode: 0o600,
      flag: 'wx',
    });
    await rename(temporary, entryPath(cacheDir, source));
    await prune(cacheDir);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Two manifests that shared a name would take turns in it: `source` decides. */
const entryPath = (cacheDir: string, { manifest }: CacheSource): string => join(cacheDir, `${checkOf(manifest)}.json`);

/** What is large is worth the loading of node:zlib. */
const checkOf = (bytes: Buffer): string => (bytes.length < LARGE_BYTES ? fingerprint(bytes) : crc32(bytes).toString(16).padStart(16, '0'));

function encode({ digest, head, bodies }: CompiledManifest, { lock }: CacheSource): Buffer[] {
  const headLine = Buffer.from(`${JSON.stringify({ digest, head } satisfies Head)}\n`);
  const content = Buffer.concat([headLine, bodies]);
  const [headBytes, bodyBytes, lockBytes] = [headLine.length, bodies.length, lock?.length ?? -1];
  const header: Header = { format: FORMAT, check: checkOf(content), headBytes, bodyBytes, lockBytes };
  return [Buffer.from(`${JSON.stringify(header)}\n`), content];
}

/** Someone else's cache could hold anything: only our own, or root's, that others cannot write, is believed. */
function isOwn(fd: number): boolean {
  const stats = fstatSync(fd);
  const uid = process.getuid?.();
  return stats.isFile() && (uid === undefined || ((stats.uid === uid || stats.uid === 0) && (stats.mode & 0o022) === 0));
}

function decode(bytes: Buffer, source: CacheSource): CompiledManifest | undefined {
  const start = bytes.subarray(0, 1024).indexOf(10) + 1;
  const header = start === 0 ? undefined : parseHeader(bytes.toString('utf8', 0, start));
  if (header?.format !== FORMAT) return undefined;
  const end = start + header.headBytes + header.bodyBytes;
  const content = bytes.subarray(start, end);
  if (!isMadeOf(bytes.subarray(end), source, header.lockBytes) || checkOf(content) !== header.check) return undefined;
  const { digest, head } = JSON.parse(content.toString('utf8', 0, header.headBytes)) as Head;
  return new CompiledManifest(digest, head, content.subarray(header.headBytes));
}

function isMadeOf(tail: Buffer, { manifest, lock }: CacheSource, lockBytes: number): boolean {
  if (lockBytes !== (lock?.length ?? -1)) return false;
  return tail.subarray(0, manifest.length).equals(manifest) && tail.subarray(manifest.length).equals(lock ?? Buffer.alloc(0));
}

function parseHeader(line: string): (Partial<Header> & Omit<Header, 'format' | 'check'>) | undefined {
  try {
    return JSON.parse(line) as Header;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Keeps the newest entries, and clears what writers that died have left. */
async function prune(cacheDir: string): Promise<void> {
  const names = await readdir(cacheDir);
  const temporaries = await withTimes(
    cacheDir,
    names.filter((name) => TEMPORARY.test(name)),
  );
  const entries = await withTimes(
    cacheDir,
    names.filter((name) => ENTRY.test(name)),
  );
  const old = entries.sort((a, b) => b.mtimeMs - a.mtimeMs).slice(KEPT);
  const stale = temporaries.filter(({ mtimeMs }) => Date.now() - mtimeMs > STALE_TEMPORARY_MS);
  for (const { path } of [...old, ...stale]) await rm(path, { force: true });
}

async function withTimes(folder: string, names: readonly string[]): Promise<{ path: string; mtimeMs: number }[]> {
  return Promise.all(names.map(async (name) => ({ path: join(folder, name), mtimeMs: (await stat(join(folder, name))).mtimeMs })));
}
