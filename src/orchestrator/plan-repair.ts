/** What `repair` would do: reads further copies of bad files where there are some, changes nothing. */
import { parseSha256, type Sha256 } from '../domain/digest.ts';
import type { RepairedFile, RepairReport, RepairWay } from '../domain/repair.ts';
import type { VerifiedFile } from '../domain/results.ts';
import { copiesHere } from '../store/copies.ts';
import { readStatKey } from '../store/stat-key.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import type { RepairOptions } from './api.ts';
import { checkBytes } from './check-bytes.ts';
import type { Orchestration } from './orchestration.ts';
import type { Target } from './target.ts';

/** What is found out by mending, or by planning to. */
export type RepairOutcome = Pick<RepairReport, 'files' | 'links' | 'fetchedBytes'>;

export interface RepairRequest {
  readonly target: Target;
  readonly bad: readonly VerifiedFile[];
  readonly options: RepairOptions;
}

export async function planRepair(work: Orchestration, request: RepairRequest): Promise<RepairOutcome> {
  const files: RepairedFile[] = [];
  const counted = new Set<Sha256>();
  for (const file of request.bad) {
    const digest = digestOf(file);
    const isTwin = digest !== undefined && counted.has(digest);
    if (digest !== undefined) counted.add(digest);
    files.push(await planFile(work, request, { file, digest, isTwin }));
  }
  return { files, links: [], fetchedBytes: files.reduce((sum, file) => sum + file.fetchedBytes, 0) };
}

interface BadFile {
  readonly file: VerifiedFile;
  readonly digest: Sha256 | undefined;
  /** Its bytes are those of one before it. */
  readonly isTwin: boolean;
}

async function planFile(work: Orchestration, { target, options }: RepairRequest, { file, digest, isTwin }: BadFile): Promise<RepairedFile> {
  const { path, sizeBytes, fault = 'digest' } = file;
  const badPieces = digest && (await badEverywhere(work, { target, options, bad: [] }, { file, digest }));
  const fetchedBytes = isTwin ? 0 : bytesToFetch(work, { key: digest ?? path, sizeBytes, badPieces });
  return {
    ...{ path, sizeBytes, fault, fetchedBytes, quarantined: [] },
    way: wayOf(target, path, fetchedBytes === 0 ? 'relink' : fetchedBytes < sizeBytes ? 'pieces' : 'whole'),
    ...(badPieces !== undefined && { badPieces, pieceCount: Math.ceil(sizeBytes / LEAF_BYTES) }),
  };
}

interface Wanted {
  readonly file: VerifiedFile;
  readonly digest: Sha256;
}

/** Numbers of the leaves that no copy here has right; undefined where there is no copy, or no leaves to tell by. */
async function badEverywhere(
  work: Orchestration,
  { target, options }: RepairRequest,
  wanted: Wanted,
): Promise<readonly number[] | undefined> {
  const { file, digest } = wanted;
  const ino = readStatKey(work.store.resolver.modelFile(target.directory, file.path))?.ino;
  let bad = file.badPieces;
  for (const copy of copiesHere(work.store, work.blobs, digest)) {
    if (readStatKey(copy)?.ino === ino) continue;
    const [checked] = await checkBytes(
      work,
      [{ path: copy, sizeBytes: file.sizeBytes, digest }],
      options.signal && { signal: options.signal },
    );
    if (checked?.sha256 === digest) return [];
    const { badPieces } = checked ?? {};
    bad = bad === undefined ? badPieces : bad.filter((piece) => badPieces?.includes(piece) ?? true);
  }
  return bad;
}

interface ToFetch {
  readonly key: string;
  readonly sizeBytes: number;
  readonly badPieces: readonly number[] | undefined;
}

/** Leaves are fetched in pieces of the transfer; what an interrupted download holds is not fetched again. */
function bytesToFetch({ partials, settings: { pieceBytes } }: Orchestration, { key, sizeBytes, badPieces }: ToFetch): number {
  const wholeBytes = sizeBytes - (/^[0-9a-f]{64}$/.test(key) ? partials.heldBytes({ key, sizeBytes, pieceBytes }) : 0);
  if (badPieces === undefined) return wholeBytes;
  const pieces = new Set(badPieces.flatMap((leaf) => piecesOf(leaf, { sizeBytes, pieceBytes })));
  const bytes = [...pieces].reduce((sum, piece) => sum + Math.min(pieceBytes, sizeBytes - piece * pieceBytes), 0);
  return Math.min(bytes, wholeBytes);
}

function piecesOf(leaf: number, { sizeBytes, pieceBytes }: { readonly sizeBytes: number; readonly pieceBytes: number }): number[] {
  const first = Math.floor((leaf * LEAF_BYTES) / pieceBytes);
  const last = Math.floor((Math.min((leaf + 1) * LEAF_BYTES, sizeBytes) - 1) / pieceBytes);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

export const wayOf = ({ files }: Target, path: string, fetched: RepairWay): RepairWay =>
  files.find((file) => file.path === path)?.derive === undefined ? fetched : 'derive';

export const digestOf = ({ expected }: VerifiedFile): Sha256 | undefined => (expected === undefined ? undefined : parseSha256(expected));
