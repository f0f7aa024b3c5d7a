/** One file of somebody else becomes a blob, if its bytes are wanted ones: read once, whatever its name says. */

import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { LocalBackend } from '../../backends/local/local-backend.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { isModelError, ModelError } from '../../domain/errors.ts';
import type { ImportWay } from '../../domain/import-results.ts';
import type { PartialBlob } from '../../store/partial-blob.ts';
import { PieceMap } from '../../store/piece-map.ts';
import { compareKeys, isUntouched, readStatKey, type StatKey } from '../../store/stat-key.ts';
import { cloneFile } from '../../transfer/clone-file.ts';
import { hashFile } from '../../transfer/hash-file.ts';
import type { AdoptRun } from '../adopt-blob.ts';
import type { ImportOptions } from '../api.ts';
import { isHere } from '../blob-here.ts';
import { commitBlob, underBlobLock } from '../commit-blob.ts';
import { needsOfNobody } from '../needs.ts';
import { reserveSpace } from '../space.ts';
import type { Candidate } from './plan-import.ts';

export interface AdoptedBytes {
  readonly sha256: Sha256;
  readonly way: ImportWay;
  /** Somebody else had brought it meanwhile. */
  readonly wasHere: boolean;
}

type Link = NonNullable<ImportOptions['link']>;

/** Undefined where its bytes are not wanted. @throws ModelError where it cannot be read, changes while it is read, or does not fit */
export function adoptFile(run: AdoptRun, candidate: Candidate, link: Link): Promise<AdoptedBytes | undefined> {
  return link === 'hard' ? linkIn(run, candidate) : bringIn(run, candidate, link);
}

/** Under a key of the file as it is now: another run goes on with the same copy, or begins anew with another file. */
async function bringIn(run: AdoptRun, candidate: Candidate, link: Exclude<Link, 'hard'>): Promise<AdoptedBytes | undefined> {
  const { path, sizeBytes } = candidate.file;
  const key = `u-${hash('sha256', JSON.stringify([path, keyOf(path)]))}`;
  const { partials, settings } = run.work;
  return underBlobLock(run, key, async () => {
    const partial = await partials.open({ key, sizeBytes, pieceBytes: settings.pieceBytes });
    let isKept = false;
    try {
      const { sha256, way, leaves } = await readIn(run, candidate, { partial, link });
      if (!candidate.wanted.has(sha256)) return undefined;
      const wasHere = await underBlobLock(run, sha256, async () => {
        if (await isHere(run, { file: { sizeBytes }, digest: sha256 })) return true;
        await commitBlob(run, { partial, digest: sha256, isLocked: true, ...(leaves && { leaves }) });
        return false;
      });
      return { sha256, way, wasHere };
    } catch (error) {
      isKept = isModelError(error, 'CANCELLED') || isModelError(error, 'NO_SPACE');
      throw error;
    } finally {
      // Of a file that is of no use, or was written to, nothing is to be come back to.
      if (isKept) await partial.close();
      else await partial.discard();
    }
  });
}

interface Target {
  readonly partial: PartialBlob;
  readonly link: Exclude<Link, 'hard'>;
}

interface ReadIn {
  readonly sha256: Sha256;
  readonly way: ImportWay;
  readonly leaves?: Uint8Array;
}

async function readIn(run: AdoptRun, candidate: Candidate, { partial, link }: Target): Promise<ReadIn> {
  const { path } = candidate.file;
  const held = new PieceMap(partial.pieces).heldBytes();
  if (link !== 'copy' && held === 0 && (await cloneFile(path, partial)) !== undefined) return readClone(run, partial);
  if (link === 'reflink') throw noReflink(run, path);
  return copyIn(run, candidate, partial);
}

/** What was cloned is nobody else's: it may be read at leisure. */
async function readClone({ meter, signal }: AdoptRun, partial: PartialBlob): Promise<ReadIn> {
  let done = 0;
  const onProgress = (doneBytes: number): void => {
    meter.held(doneBytes - done);
    done = doneBytes;
  };
  const { sha256 } = await hashFile(partial.fd, { signal, onProgress });
  const pieces = new PieceMap(partial.pieces);
  const source = partial.sourceIndex('import');
  for (let piece = 0; piece < pieces.count; piece++) pieces.markHeld(piece, source);
  return { sha256, way: 'reflink' };
}

async function copyIn(run: AdoptRun, { file }: Candidate, partial: PartialBlob): Promise<ReadIn> {
  const { path, name } = file;
  const { work, engine, meter, emit, signal } = run;
  const held = new PieceMap(partial.pieces).heldBytes();
  const reservation = await reserveSpace(work, {
    label: name,
    needs: () => [needsOfNobody(path, file.sizeBytes - held)],
    call: { signal },
  });
  try {
    meter.found(held);
    const backend = new LocalBackend({ url: `local://${dirname(path)}`, folders: [dirname(path)], file: basename(path) });
    const sources = [{ backend, path: basename(path), isHere: true }];
    const { sha256, leaves } = await engine.fetch({ name, partial, sources, emit, signal, onHeld: (delta) => meter.held(delta) });
    return { sha256, way: 'copy', ...(leaves && { leaves }) };
  } finally {
    await reservation.end();
  }
}

/** One more name for the very file: asked for by who knows that its owner edits it no more. */
async function linkIn(run: AdoptRun, { file, wanted }: Candidate): Promise<AdoptedBytes | undefined> {
  const { path, sizeBytes } = file;
  const { blobs, store } = run.work;
  checkLinkable(path, store.resolver.root);
  const before = keyOf(path);
  const { sha256 } = await hashFile(path, { signal: run.signal });
  run.meter.held(sizeBytes);
  assertSame(path, before);
  if (!wanted.has(sha256)) return undefined;
  const wasHere = await underBlobLock(run, sha256, async () => {
    if (await isHere(run, { file: { sizeBytes }, digest: sha256 })) return true;
    if (await blobs.adopt(sha256, path, before)) return false;
    throw isUntouched(before, keyOf(path)) ? noHardLink(path) : changed(path);
  });
  return { sha256, way: 'hard', wasHere };
}

function checkLinkable(path: string, root: string): void {
  const [theirs, ours] = [statSync(path), statSync(root)];
  // A blob is made read-only: only its owner may do that.
  const isOurs = process.getuid === undefined || [0, theirs.uid].includes(process.getuid());
  if (theirs.dev !== ours.dev || !isOurs) throw noHardLink(path);
}

function keyOf(path: string): StatKey {
  const key = readStatKey(path);
  if (key === undefined) throw changed(path);
  return key;
}

function assertSame(path: string, before: StatKey): void {
  if (compareKeys(before, keyOf(path)) !== 'same') throw changed(path);
}

const changed = (path: string): ModelError =>
  new ModelError('DRIFT', `${path} was changed while it was read`, {
    reason: 'source_changed',
    hint: 'wait until nobody writes to it, then run the same command again',
    details: { path },
  });

const noHardLink = (path: string): ModelError =>
  new ModelError(
    'INVALID_INPUT',
    `${path} cannot have a second name under MODELS_ROOT: another volume, another owner, or no hard links there`,
    {
      reason: 'link_impossible',
      hint: 'take --link auto: it shares blocks where that is possible, and copies elsewhere',
      details: { path, link: 'hard' },
    },
  );

const noReflink = ({ work }: AdoptRun, path: string): ModelError =>
  new ModelError(
    'INVALID_INPUT',
    `${path} cannot share its blocks with ${work.store.resolver.root}: another volume, or a file system that cannot`,
    {
      reason: 'link_impossible',
      hint: 'take --link auto, which copies where it must',
      details: { path, link: 'reflink' },
    },
  );
