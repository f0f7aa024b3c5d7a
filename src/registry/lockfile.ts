/** `models.lock` as a value, and as the text that is committed: one line a file, in an order that does not depend on anything. */
import { hash } from 'node:crypto';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { type TomlValue, tomlText } from './edit-manifest.ts';
import type { LockEntry, LockEntryBody, LockedFile } from './lockfile-schema.ts';

export type { LockEntry, LockEntryBody, LockedFile } from './lockfile-schema.ts';

export interface Lockfile {
  readonly models: ReadonlyMap<string, LockEntry>;
  readonly components: ReadonlyMap<string, LockEntry>;
}

export const EMPTY_LOCKFILE: Lockfile = { models: new Map(), components: new Map() };

/** The entry with its digest; files in their order. */
export function sealEntry(body: LockEntryBody): LockEntry {
  const ordered = { ...body, files: [...body.files].sort((a, b) => compare(fileKey(a), fileKey(b))) };
  return { ...ordered, digest: entryDigest(ordered) };
}

/** Over what the entry says, not how it is written. */
export function entryDigest({ request, locked_at, source, resolved, revision, files }: LockEntryBody): Sha256 {
  const rows = files.map(({ variants, ...file }) => [
    ...KEYS.map((key) => canonical(file[key])),
    ...(variants === undefined ? [] : [variants]),
  ]);
  const body = [request, locked_at, source ?? null, resolved ?? null, revision ?? null, rows];
  return sha256Of(hash('sha256', JSON.stringify(body), 'hex'));
}

/** What tells a part's files apart: variants may have different ones under a path. */
export const fileKey = ({ path, variants }: { readonly path: string; readonly variants?: readonly string[] | undefined }): string =>
  variants === undefined ? path : `${path} (${[...variants].sort().join(', ')})`;

/** Of what is common to all files. */
const KEYS = ['path', 'size', 'sha256', 'by', 'etag', 'git_oid', 'source', 'piece_root', 'derived'] as const satisfies readonly Exclude<
  keyof LockedFile,
  'variants'
>[];

/** In the order in which they are written. */
const WRITTEN = ['path', 'size', 'variants', ...KEYS.slice(2)] as const satisfies readonly (keyof LockedFile)[];

function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? null;
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => compare(a, b))
    .map(([key, inner]) => [key, canonical(inner)]);
}

const HEADER = `# Written by \`wan models lock\`: commit it, do not edit it. An entry that was edited is refused.
# What changed upstream: \`wan models outdated\`. To take it: \`wan models update\`.
lockfile_version = 1
`;

/** The text of the file; equal lockfiles give equal texts. Line ends are those of the text that it replaces: git may have made them. */
export function lockfileText({ components, models }: Lockfile, before?: Buffer): string {
  const text = [HEADER, ...tables('components', components), ...tables('models', models)].join('\n');
  return before?.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;
}

const tables = (kind: string, entries: ReadonlyMap<string, LockEntry>): string[] =>
  [...entries].sort(([a], [b]) => compare(a, b)).map(([id, entry]) => entryText(`${kind}.${tomlText(id)}`, entry));

function entryText(name: string, { files, ...entry }: LockEntry): string {
  const keys = ['digest', 'request', 'locked_at', 'source', 'resolved', 'revision'] as const;
  const facts = keys.flatMap((key) => (entry[key] === undefined ? [] : [`${key} = ${tomlText(entry[key])}`]));
  const lines = files.map((file) => `  { ${WRITTEN.flatMap((key) => pair(key, file[key])).join(', ')} },`);
  return [`[${name}]`, ...facts, 'files = [', ...lines, ']', ''].join('\n');
}

const pair = (key: string, value: unknown): string[] => (value === undefined ? [] : [`${key} = ${tomlText(value as TomlValue)}`]);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
