/** The tiers as sources of a blob, before all others: what lies there was proven once, and is proven again when it comes back. */
import type { FileSource } from '../backends/backend.ts';
import type { Sha256 } from '../domain/digest.ts';
import { type Attempt, asModelError, ModelError } from '../domain/errors.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { BlobForm, TierSettings } from '../domain/tiers.ts';
import { listCold } from '../store/tier-records.ts';
import type { EnsureRun } from './ensure-run.ts';
import type { FileSources } from './file-sources.ts';

export interface TierQuestion {
  readonly digest: Sha256;
  readonly file: FileSpec;
  /** No socket is opened. */
  readonly offline: boolean;
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
    if (found !== undefined && 'sources' in found) sources.push(...found.sources);
    else if (found !== undefined) refused.push(found.refused);
  }
  return { sources, refused };
}

interface TierAsked extends TierQuestion {
  readonly settings: TierSettings;
}

type Answer = { readonly sources: readonly FileSource[] } | { readonly refused: Attempt } | undefined;

async function ask(reader: TierReader, asked: TierAsked): Promise<Answer> {
  const { work, signal } = reader;
  const { digest, file, settings, offline } = asked;
  try {
    if (offline && settings.place.kind === 's3')
      throw new ModelError('OFFLINE', `the tier ${settings.name} cannot be reached with --offline`);
    const tier = await work.tiers.look(settings, signal);
    if (tier === undefined) return undefined;
    const { place } = tier;
    const forms = await place.formsOf({ digest, sizeBytes: file.sizeBytes }, signal);
    // What was proven there comes first; what was written when compression was set otherwise may be right as well.
    const recorded = formOnRecord(reader, settings, digest);
    const inOrder = forms.toSorted((a, b) => Number(b.form === recorded) - Number(a.form === recorded));
    if (inOrder.length > 0) return { sources: inOrder.map((form) => place.source(form)) };
    return refusal(reader, asked, goneThere(place.placeOf({ digest, form: recorded ?? 'plain' })));
  } catch (error) {
    if (signal.aborted) throw error;
    return refusal(reader, asked, asModelError(error));
  }
}

/** A tier that has nothing of it, as far as is known here, is nobody's loss. */
function refusal(reader: TierReader, { digest, file, settings }: TierAsked, failure: ModelError): Answer {
  if (!isKnownIn(reader, settings, digest)) return undefined;
  const source = `tier://${settings.name}`;
  reader.emit({ type: 'source.failed', source, file: file.path, error: failure.toJSON() });
  return { refused: { source, file: file.path, code: failure.code, message: failure.message } };
}

const goneThere = (place: string): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `${place} is gone, or was cut`, {
    reason: 'tier_blob_missing',
    retryable: false,
    hint: 'move the model to its tier again, once it is here',
  });

const isKnownIn = (reader: TierReader, settings: TierSettings, digest: Sha256): boolean =>
  formOnRecord(reader, settings, digest) !== undefined;

/** Of the newest record: an earlier one may say how the blob lay there before it was written anew. */
function formOnRecord({ work }: TierReader, { name }: TierSettings, digest: Sha256): BlobForm | undefined {
  const records = listCold(work.store).filter(({ tier }) => tier === name);
  const inOrder = records.toSorted((a, b) => (a.movedAt < b.movedAt ? 1 : -1));
  return inOrder.flatMap(({ blobs }) => blobs.find((blob) => blob.digest === digest) ?? [])[0]?.form;
}
