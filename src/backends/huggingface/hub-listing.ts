/** What the Hub says of all files of a commit. Pure. */
import { parseSha256, type Sha256 } from '../../domain/digest.ts';
import { pathFault } from '../../domain/path-rules.ts';
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

/** Its files; undefined where it does not tell them all: some mirrors give neither size nor id, and huge repositories not every file. */
export function filesOfInfo(document: unknown): HubListing['files'] | undefined {
  const { siblings } = asTable(document);
  if (!Array.isArray(siblings) || siblings.length >= WHOLE_UP_TO) return undefined;
  const entries = siblings.map(asTable).map(({ rfilename, size, blobId, lfs }) => entryOf({ path: rfilename, size, oid: blobId, lfs }));
  return entries.includes(undefined) ? undefined : byPath(entries);
}

/** The files of pages of `/api/models/{id}/tree/{rev}`, folders left out; undefined where something in them is none. */
export function filesOfTree(items: readonly unknown[]): HubListing['files'] | undefined {
  const files = items.map(asTable).filter(({ type }) => type !== 'directory');
  const entries = files.map(({ path, size, oid, lfs }) => entryOf({ path, size, oid, lfs }));
  return entries.includes(undefined) ? undefined : byPath(entries);
}

/** What names the bytes: equal ones are equal at every revision. */
export const etagOf = ({ sha256, gitOid }: HubEntry): string => sha256 ?? gitOid;

function entryOf({ path, size, oid, lfs }: Table): HubEntry | undefined {
  const { oid: lfsOid, sha256: lfsSha256 = lfsOid, size: lfsSize = size } = asTable(lfs);
  const sha256 = typeof lfsSha256 === 'string' ? parseSha256(lfsSha256) : undefined;
  if (typeof path !== 'string' || !isSize(lfsSize) || typeof oid !== 'string' || !/^[0-9a-f]{40}$/.test(oid)) return undefined;
  // An LFS file without a digest would be taken for one whose git id proves its bytes.
  if (lfs !== undefined && lfs !== null && sha256 === undefined) return undefined;
  return { path, sizeBytes: lfsSize, gitOid: oid, ...(sha256 !== undefined && { sha256 }) };
}

function byPath(entries: readonly (HubEntry | undefined)[]): HubListing['files'] {
  const good = entries.filter((entry) => entry !== undefined).filter(({ path }) => pathFault(path) === undefined);
  return new Map(good.map((entry) => [entry.path, entry]));
}

type Table = Readonly<Record<string, unknown>>;

const asTable = (value: unknown): Table => (typeof value === 'object' && value !== null ? (value as Table) : {});
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
