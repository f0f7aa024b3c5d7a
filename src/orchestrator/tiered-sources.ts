/** The tiers as sources of a blob, before all others: what lies there was proven once, and is proven again when it comes back. */
import type { FileSource } from '../backends/backend.ts';
import type { Sha256 } from '../domain/digest.ts';
import { type Attempt, asModelError } from '../domain/errors.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { TierSettings } from '../domain/tiers.ts';
import { listCold } from '../store/tier-records.ts';
import type { EnsureRun } from './ensure-run.ts';
import type { FileSources } from './file-sources.ts';

export interface TierQuestion {
  readonly digest: Sha256;
  readonly file: FileSpec;
}

/** Who asks: a run of ensure, or a plan of one. */
export type TierReader = Pick<EnsureRun, 'work' | 'signal' | 'emit'>;

export async function tieredSources(reader: TierReader, question: TierQuestion): Promise<FileSources> {
  const { work } = reader;
  const sources: FileSource[] = [];
  const refused: Attempt[] = [];
  if (work.tiers.settings.length === 0) return { sources, refused };
  for (const settings of work.tiers.settings) {
    // A folder is asked in any case; a service only for what was put there.
    if (settings.place.kind !== 'path' && !isKnownIn(reader, settings, question.digest)) continue;
    const found = await ask(reader, { ...question, settings });
    if (found !== undefined && 'source' in found) sources.push(found.source);
    else if (found !== undefined) refused.push(found.refused);
  }
  return { sources, refused };
}

interface TierAsked extends TierQuestion {
  readonly settings: TierSettings;
}

type Answer = { readonly source: FileSource } | { readonly refused: Attempt } | undefined;

async function ask(reader: TierReader, { digest, file, settings }: TierAsked): Promise<Answer> {
  const { work, signal, emit } = reader;
  try {
    const tier = await work.tiers.look(settings, signal);
    const blob = await tier?.place.find({ digest, sizeBytes: file.sizeBytes }, signal);
    return tier && blob && { source: tier.place.source(blob) };
  } catch (error) {
    if (signal.aborted) throw error;
    // A tier that has nothing of it is nobody's loss.
    if (!isKnownIn(reader, settings, digest)) return undefined;
    const failure = asModelError(error);
    const source = `tier://${settings.name}`;
    emit({ type: 'source.failed', source, file: file.path, error: failure.toJSON() });
    return { refused: { source, file: file.path, code: failure.code, message: failure.message } };
  }
}

const isKnownIn = ({ work }: TierReader, { name }: TierSettings, digest: Sha256): boolean =>
  listCold(work.store).some(({ tier, blobs }) => tier === name && blobs.some((blob) => blob.digest === digest));
