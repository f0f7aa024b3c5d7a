/** Putting a staged snapshot in its place in one step that readers can see: step 9 of docs/store-format.md. */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asModelError, type ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { Blobs } from './blobs.ts';
import { carryForeign } from './carry-foreign.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { exchangePaths } from './exchange-paths.ts';
import { beginKeeping, type Keeping, TRASHED_SNAPSHOT } from './kept-trash.ts';
import { listNames } from './list-names.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';
import { removeTree } from './remove-tree.ts';
import { digestsIn } from './snapshots.ts';
import { withStateLock } from './state-lock.ts';

export interface Publication {
  readonly ref: CanonicalRef;
  readonly family: string;
  /** Complete and durable. */
  readonly staged: string;
  readonly target: string;
}

/** A publication in two renames, under way; paths relative to the root. */
interface PublishRecord {
  readonly staged: string;
  readonly aside: string;
  readonly target: string;
}

/**
 * Call under the model's lock.
 * @returns false where a blob that it names is gone: nothing was published, plan again
 */
export async function publishSnapshot(context: StoreContext, blobs: Blobs, publication: Publication): Promise<boolean> {
  await makeDirectory(context, dirname(publication.target));
  const digests = digestsIn(context, publication.staged);
  const { isThere, old } = await withStateLock(context, `publish ${publication.ref.modelId}`, async () => {
    // Whoever takes blobs away does it under this lock, and counts what is published: after this look none of them goes.
    const isThere = digests.every((digest) => existsSync(blobs.path(digest)));
    return { isThere, old: isThere ? await put(context, publication) : undefined };
  });
  if (old !== undefined) await giveUp(context, blobs, { publication, old });
  return isThere;
}

interface Replaced {
  readonly publication: Publication;
  /** Where the old generation lies. */
  readonly old: string;
}

/** What was laid in while the new one was being put in its place comes along, too; where it cannot, the old one is kept with it. */
async function giveUp(context: StoreContext, blobs: Blobs, { publication, old }: Replaced): Promise<void> {
  try {
    await carryForeign(context, old, publication.target);
  } catch (error) {
    throw keptIn(await keep(context, { publication, old }), asModelError(error));
  }
  await removeTree(context, blobs, { path: old, digests: digestsIn(context, old) });
}

/** Time to take out what is in it, whatever `trash_ttl` says of models. */
const KEPT_MS = 7 * 24 * 3_600_000;

/** @returns where it lies now: what recovery finds in its old place it removes */
function keep(context: StoreContext, { publication: { ref, family, target }, old }: Replaced): Promise<string> {
  const keeping: Keeping = { family, ref, ttlMs: KEPT_MS, reason: 'it holds files of somebody that could not be taken along' };
  return withStateLock(context, `keep what ${target} was`, async () => {
    const kept = context.resolver.modelFile(await beginKeeping(context, keeping), TRASHED_SNAPSHOT);
    await renameDurably(old, kept);
    return kept;
  });
}

const keptIn = (kept: string, failure: ModelError): ModelError =>
  failure.with({
    hint: `the new model is in place, and what was there before is kept for ${KEPT_MS / 86_400_000} days in ${kept}: take out what is yours`,
    details: { ...failure.details, kept },
  });

/** @returns where the old generation lies now, if there was one. */
async function put(context: StoreContext, publication: Publication): Promise<string | undefined> {
  const { staged, target } = publication;
  if (!existsSync(target)) {
    await renameDurably(staged, target);
    return undefined;
  }
  if (!(await exchangePaths(staged, target))) return replaceInTwoSteps(context, publication);
  await syncDirectory(dirname(target));
  return staged;
}

/**
 * Ends publications that their writers did not live to end. Call under the state lock: a live writer holds it from before
 * its record is written until after that is removed, so every record seen here is a dead one's.
 * @returns the directories concerned.
 */
export async function completePublications(context: StoreContext): Promise<string[]> {
  const completed: string[] = [];
  for (const path of pendingPublications(context)) {
    const record = readRecord<PublishRecord>(path);
    if (record === undefined) continue;
    await finish(context, path, record);
    completed.push(record.target);
  }
  return completed;
}

export function pendingPublications(context: StoreContext): string[] {
  const directory = context.resolver.stateDir('publish');
  return listNames(directory).map((name) => context.resolver.modelFile(directory, name));
}

async function replaceInTwoSteps(context: StoreContext, publication: Publication): Promise<string> {
  const { resolver } = context;
  const aside = resolver.trashDir(context.random.uuid());
  await makeDirectory(context, dirname(aside));
  const record: PublishRecord = {
    staged: resolver.relative(publication.staged),
    aside: resolver.relative(aside),
    target: resolver.relative(publication.target),
  };
  const path = resolver.stateFile('publish', resolver.refName(publication.family, publication.ref));
  await writeRecord(context, path, record, { durable: true });
  await finish(context, path, record);
  return aside;
}

/** Each step may have been done before: what is there tells. */
async function finish(context: StoreContext, path: string, record: PublishRecord): Promise<void> {
  const { resolver } = context;
  const [staged, aside, target] = [record.staged, record.aside, record.target].map((part) => resolver.modelFile(resolver.root, part));
  if (staged === undefined || aside === undefined || target === undefined) throw new Error('three paths in, three out');
  if (existsSync(staged)) {
    if (existsSync(target)) await renameDurably(target, aside);
    await renameDurably(staged, target);
  } else if (!existsSync(target) && existsSync(aside)) {
    await renameDurably(aside, target);
  }
  await removeRecord(path, { durable: true });
}

async function renameDurably(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    throw fsError(error, `rename ${from} to ${to}`);
  }
  await syncDirectory(dirname(to));
  await syncDirectory(dirname(from));
}
