/** `outdated`: what the sources have now for what is pinned. Changes nothing on disk. */
import { asModelError, isModelError } from '../domain/errors.ts';
import type { FailedPart, FileFacts, OutdatedPart, OutdatedReport } from '../domain/lock-results.ts';
import { isAllMade } from '../registry/lock-owners.ts';
import { requestDigest } from '../registry/lock-view.ts';
import { fileKey } from '../registry/lockfile.ts';
import { type LockPart, openLock } from '../registry/open-lock.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { SourcesCallOptions } from './api.ts';
import { compareFiles, type FileList } from './compare-files.ts';
import { hashUpstream } from './hash-upstream.ts';
import { fetchedOf, kindOf, seenSource } from './lock.ts';
import type { Orchestration } from './orchestration.ts';
import { readUpstream, type Upstream, type UpstreamFile } from './read-upstream.ts';

export async function outdatedModels(
  work: Orchestration,
  refs: readonly string[],
  options: SourcesCallOptions = {},
): Promise<OutdatedReport> {
  const registry = await work.registry();
  const modelIds = refs.map((ref) => registry.resolve(ref).modelId);
  const opened = openLock(work.manifestPath);
  const chosen = opened.parts.filter(
    ({ owner, usedBy }) => !isAllMade(owner) && (modelIds.length === 0 || usedBy.some((id) => modelIds.includes(id))),
  );
  const { signal = new AbortController().signal, offline = work.settings.offline } = options;
  await using opener = await work.freshSources(offline, work.emitter(options));
  const parts: OutdatedPart[] = [];
  const failed: FailedPart[] = [];
  let readBytes = 0;
  for (const part of chosen) {
    try {
      const looked = await lookAtPart(part, async (owner) => readUpstream({ owner, opener, signal }), signal);
      parts.push(looked.part);
      readBytes += looked.readBytes;
    } catch (error) {
      if (signal.aborted || !isModelError(error)) throw asModelError(error);
      failed.push({ id: part.owner.id, error: error.toJSON() });
    }
  }
  return { lockfilePath: opened.lockPath, parts, failed, readBytes };
}

interface Looked {
  readonly part: OutdatedPart;
  readonly readBytes: number;
}

async function lookAtPart(part: LockPart, ask: (owner: LockPart['owner']) => Promise<Upstream>, signal: AbortSignal): Promise<Looked> {
  const { owner, entry, isEdited } = part;
  const about = { id: owner.id, kind: kindOf(owner.kind) };
  if (entry === undefined) return { part: { ...about, state: 'missing', changes: [] }, readBytes: 0 };
  const pinned = seenSource(entry);
  if (isEdited) return { part: { ...about, state: 'edited', pinned, changes: [] }, readBytes: 0 };
  if (entry.request !== requestDigest(owner)) return { part: { ...about, state: 'stale', pinned, changes: [] }, readBytes: 0 };
  const upstream = await ask(owner);
  const before = fetchedOf(entry);
  const facts = await factsOf(upstream, before, signal);
  const changes = compareFiles(before, facts.files);
  const now = { ...about, pinned, upstream: seenUpstream(upstream), changes };
  return { part: { ...now, state: changes.length === 0 ? 'current' : 'drift' }, readBytes: facts.readBytes };
}

export function seenUpstream({ source, revision }: Upstream): OutdatedPart['upstream'] & object {
  return {
    ...(source !== undefined && { source: redactUrl(source) }),
    ...(revision && { revision: revision.revision, ...(revision.madeAt !== undefined && { at: revision.madeAt }) }),
  };
}

/** Files of this machine have no name for their bytes: they are read, where their size does not tell them apart already. */
export async function factsOf(
  { files }: Upstream,
  before: FileList,
  signal: AbortSignal,
): Promise<{ readonly files: FileList; readonly readBytes: number }> {
  const facts = new Map<string, FileFacts>();
  let readBytes = 0;
  for (const file of files) {
    const old = before.get(fileKey(file));
    const isOpen = file.at.backend.host === undefined && file.sha256 === undefined && old?.sizeBytes === file.sizeBytes;
    const sha256 = isOpen ? await hashUpstream(file, { signal }) : file.sha256;
    if (isOpen) readBytes += file.sizeBytes;
    facts.set(fileKey(file), factOf(file, sha256));
  }
  return { files: facts, readBytes };
}

const factOf = ({ sizeBytes, gitOid, validator, at }: UpstreamFile, sha256: string | undefined): FileFacts => ({
  sizeBytes,
  ...(sha256 !== undefined && { sha256 }),
  ...(gitOid !== undefined && { gitOid }),
  ...(validator !== undefined && at.backend.host !== undefined && { etag: validator }),
});
