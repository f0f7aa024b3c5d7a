/** What the sources of a file publish of its bytes: asked where nobody else knows a digest, so that a transfer has something to prove. */
import { getFips } from 'node:crypto';
import { type FileSource, isPublishing, type RemoteFile } from '../backends/backend.ts';
import { throwIfCancelled } from '../domain/cancelled.ts';
import { asModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import { type FileDigest, formatDigest, type PublishedDigest } from '../domain/published-digest.ts';
import type { FileSpec } from '../domain/spec.ts';

export interface DigestQuestion {
  readonly file: FileSpec;
  /** Best first. */
  readonly sources: readonly FileSource[];
  readonly signal: AbortSignal;
}

export interface DigestAnswer {
  /** Of the first source that publishes one. */
  readonly digest?: PublishedDigest;
  /** Sources that may publish one, and could not be asked. */
  readonly silent: readonly FileSource[];
}

interface Said {
  readonly source: FileSource;
  readonly digest?: PublishedDigest;
  readonly isSilent?: boolean;
}

/** A source that takes longer may be reached later, or not at all: the transfer finds out. */
const PATIENCE_MS = 10_000;
/** What the others say is worth a comparison, not a wait. */
const COMPARING_MS = 500;
/** Why a question ended that was worth no longer wait: it says nothing of the source. */
const COMPARED = new Error('the others have been compared');

/** Of one run: a source that did not answer is not waited for a second time. */
export class UpstreamDigests {
  readonly #emit: Emit;
  readonly #silent = new Set<string>();

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** All at once, the first in priority decides; others that say something else are told of. @throws ModelError CANCELLED */
  async ask(question: DigestQuestion): Promise<DigestAnswer> {
    const publishing = question.sources.filter(({ backend }) => isPublishing(backend));
    const isSilent = ({ backend }: FileSource) => this.#silent.has(backend.label);
    const silent = publishing.filter(isSilent);
    const said = await this.#askAll(
      publishing.filter((source) => !isSilent(source)),
      question,
    );
    throwIfCancelled(question.signal, `asking what is published of ${question.file.path}`);
    const [first, ...others] = said.flatMap(({ digest }) => digest ?? []);
    for (const other of others) if (first !== undefined) this.#compare(question.file, first, other);
    return { ...(first && { digest: first }), silent: [...silent, ...said.filter((one) => one.isSilent).map(({ source }) => source)] };
  }

  /**
   * Once bytes are here: silent sources that gave some can be reached by now.
   * @param suppliers labels of the sources that the bytes came from
   */
  async askAgain(question: DigestQuestion, suppliers: readonly string[]): Promise<PublishedDigest | undefined> {
    const reached = question.sources.filter(({ backend }) => suppliers.includes(backend.label));
    for (const { backend } of reached) this.#silent.delete(backend.label);
    const { digest } = await this.ask({ ...question, sources: reached });
    const silent = question.sources.find(({ backend }) => this.#silent.has(backend.label));
    if (digest === undefined && silent !== undefined) this.#tellUnproven(question.file, silent);
    return digest;
  }

  async #askAll(sources: readonly FileSource[], question: DigestQuestion): Promise<readonly Said[]> {
    const stop = new AbortController();
    const endAfter = (ms: number, reason?: Error) => setTimeout(() => stop.abort(reason), ms);
    const signal = AbortSignal.any([question.signal, stop.signal]);
    const answers = sources.map((source) => this.#askOne(source, { ...question, signal }));
    let timer = endAfter(PATIENCE_MS);
    try {
      for (const answer of answers) if ((await answer).digest !== undefined) break;
      clearTimeout(timer);
      timer = endAfter(COMPARING_MS, COMPARED);
      return await Promise.all(answers);
    } finally {
      clearTimeout(timer);
    }
  }

  async #askOne(source: FileSource, { file, signal }: DigestQuestion): Promise<Said> {
    const { backend, path } = source;
    try {
      const remote = await backend.stat(path, signal);
      const digest = remote.sizeBytes === undefined || remote.sizeBytes === file.sizeBytes ? digestOf(remote) : undefined;
      return { source, ...(digest && { digest: { ...digest, source: backend.label } }) };
    } catch (error) {
      // Only that it has no such file is an answer: one that lets nobody in may publish what its bytes are.
      const isSilent = signal.reason !== COMPARED && (signal.aborted || asModelError(error).reason !== 'not_found');
      if (isSilent) this.#silent.add(backend.label);
      return { source, isSilent };
    }
  }

  #tellUnproven({ path }: FileSpec, { backend }: FileSource): void {
    const message = `${path}: ${backend.label} did not say what its bytes must hash to, so that their size is the only proof`;
    this.#emit({ type: 'warning', code: 'digest_not_told', message });
  }

  #compare({ path }: FileSpec, first: PublishedDigest, other: PublishedDigest): void {
    if (other.algorithm !== first.algorithm || other.hex === first.hex) return;
    const message = `${path}: ${other.source} publishes ${formatDigest(other)}, ${first.source} ${formatDigest(first)}; the latter counts, being asked first`;
    this.#emit({ type: 'warning', code: 'sources_differ', message });
  }
}

/** The best that is told; an MD5 proves nothing to a system that may not make one. */
function digestOf({ sha256, gitOid, md5 }: RemoteFile): FileDigest | undefined {
  if (sha256 !== undefined) return { algorithm: 'sha256', hex: sha256 };
  if (gitOid !== undefined) return { algorithm: 'git-sha1', hex: gitOid };
  return md5 !== undefined && getFips() === 0 ? { algorithm: 'md5', hex: md5 } : undefined;
}
