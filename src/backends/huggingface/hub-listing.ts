/** What the Hub says of all files of a commit. Pure. */
import { parseSha256, type Sha256 } from '../../domain/digest.ts';
import { pathFault } from '../../domain/path-rules.ts';
import { asTable, isSize, type JsonTable } from '../json-table.ts';
import { isCommit } from './hub-url.ts';

export interface HubEntry {
  readonly path: string;
  readonly sizeBytes: number;
  /** The git id of the blob; of a file in LFS that of its pointer. */
  readonly gitOid: string;
  /** Of the content; files in git itself have none. */
  readonly sha256?: Sha256;
}

export interface HubListing {
  readonly commit: string;
  /** ISO 8601: when the commit was made, where the Hub was asked. */
  readonly madeAt?: string;
  /** By their paths, in the Hub's order; those with a path that no model may hold are left out. */
  readonly files: ReadonlyMap<string, HubEntry>;
}

/** From here on the Hub is known to leave files out of the one answer. */
const WHOLE_UP_TO = 50_000;

/** The commit that an answer of `/api/models/{id}/revision/{rev}` speaks of; undefined where it is none. */
export function commitOfInfo(document: unknown): string | undefined {
  const { sha } = asTable(document);
  return typeof sha === 'string' && isCommit(sha) ? sha : undefined;
}

/** When that commit was made. */
export function dateOfInfo(document: unknown): string | undefined {
  const { lastModified } = asTable(document);
  const ms = typeof lastModified === 'string' ? Date.parse(lastModified) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** Its files; undefined where it does not tell them all: some mirrors give neither size nor id, and huge repositories not every file. */
export function filesOfInfo(document: unknown): HubListing['files'] | undefined {
  const { siblings } = asTable(document);
  if (!Array.isArray(siblings) || siblings.length >= WHOLE_UP_TO) return undefined;
  return byPath(siblings.map(asTable).map(({ rfilename, size, blobId, lfs }) => entryOf({ path: rfilename, size, oid: blobId, lfs })));
}

/** An item of `/api/models/{id}/tree/{rev}`: a file that a model may hold, `none`, or undefined for what is no item of a tree. */
export function fileOfTree(item: unknown): HubEntry | 'none' | undefined {
  const { type, path, size, oid, lfs } = asTable(item);
  if (type === 'directory') return 'none';
  const entry = entryOf({ path, size, oid, lfs });
  return entry !== undefined && pathFault(entry.path) !== undefined ? 'none' : entry;
}

/** All of them; undefined where something in them is none. */
export function filesOfTree(items: readonly unknown[]): HubListing['files'] | undefined {
  const files = items.map(fileOfTree);
  return byPath(files.filter((file) => file !== 'none'));
}

/** What names the bytes: equal ones are equal at every revision. */
export const etagOf = ({ sha256, gitOid }: HubEntry): string => sha256 ?? gitOid;

function entryOf({ path, size, oid, lfs }: JsonTable): HubEntry | undefined {
  const { oid: lfsOid, sha256: lfsSha256 = lfsOid, size: lfsSize = size } = asTable(lfs);
  const sha256 = typeof lfsSha256 === 'string' ? parseSha256(lfsSha256) : undefined;
  if (typeof path !== 'string' || !isSize(lfsSize) || typeof oid !== 'string' || !/^[0-9a-f]{40}$/.test(oid)) return undefined;
  // An LFS file without a digest would be taken for one whose git id proves its bytes.
  if (lfs !== undefined && lfs !== null && sha256 === undefined) return undefined;
  return { path, sizeBytes: lfsSize, gitOid: oid, ...(sha256 !== undefined && { sha256 }) };
}

function byPath(entries: readonly (HubEntry | undefined)[]): HubListing['files'] | undefined {
  const good = entries.filter((entry) => entry !== undefined);
  if (good.length < entries.length) return undefined;
  return new Map(good.filter(({ path }) => pathFault(path) === undefined).map((entry) => [entry.path, entry]));
}
