/** Events of verbs -> what is told to those who watch the store: pure. */
import type { Facts, Via } from '../domain/acts.ts';
import { ERROR_CODES, type ErrorDocument } from '../domain/errors.ts';
import type { EventBody, ModelEvent } from '../domain/events.ts';
import type { StoreEventData, StoreEventDraft, StoreEventType } from '../domain/store-events.ts';

/** Of bad files so many are named. */
const NAMED_FILES = 20;
/** Nothing is wrong but what was asked for, or somebody stopped it. */
const ASKED_WRONGLY: ReadonlySet<number> = new Set([2, 3, 130]);

type Said = Pick<StoreEventDraft, 'type' | 'data'> & { readonly model?: string };
type BadFile = Extract<ModelEvent, { readonly type: 'verify.file' }>;

/** In order; the bad files of a model in one. */
export function storeEvents(events: readonly ModelEvent[], via: Via): readonly StoreEventDraft[] {
  const bad = Map.groupBy(events.filter(isBadFile), ({ model }) => model);
  return [
    ...events.flatMap((event) => say(event).map((said) => draftOf(event, said, via))),
    ...[...bad.values()].flatMap((files) =>
      files.slice(-1).map((last) => draftOf(last, { type: 'verify.failed', data: faults(files) }, via)),
    ),
  ];
}

const isBadFile = (event: ModelEvent): event is BadFile => event.type === 'verify.file' && !event.ok;

function draftOf(event: ModelEvent, { type, data, model: named }: Said, via: Via): StoreEventDraft {
  const { time, correlationId, variant } = event;
  const model = named ?? event.model;
  const isOfEvent = named === undefined && variant !== undefined;
  return { type, time, ...(model !== undefined && { model }), ...(isOfEvent && { variant }), correlation_id: correlationId, via, data };
}

function say(event: ModelEvent): readonly Said[] {
  switch (event.type) {
    case 'ensure.finished':
      return event.published === true ? [{ type: 'model.available', data: published(event) }] : [];
    case 'gc.removed':
    case 'gc.trashed': {
      const { kind, what: model, bytes, reason } = event;
      const isKept = event.type === 'gc.trashed';
      return kind === 'model' ? [{ type: 'model.removed', model, data: { by: 'gc', reason, bytes, in_trash: isKept } }] : [];
    }
    case 'gc.finished': {
      const { trigger, removed, trashed, kept, reclaimedBytes, durationMs } = event;
      return [{ type: 'gc.finished', data: { trigger, removed, trashed, kept, reclaimed_bytes: reclaimedBytes, duration_ms: durationMs } }];
    }
    case 'source.lied': {
      const { source, file, expected, found } = event;
      return [{ type: 'source.lied', data: { source, file, expected, found } }];
    }
    case 'act.failed':
      return isOfModel(event) ? [{ type: 'model.error', data: { act: event.act, ...told(event.error) } }] : [];
    case 'act.finished':
      return ofAct(event.act, event.facts);
    default:
      return [];
  }
}

const isOfModel = ({ model, error }: Extract<ModelEvent, { type: 'act.failed' }>): boolean =>
  model !== undefined && !ASKED_WRONGLY.has(ERROR_CODES[error.code].exitCode);

const OF_ACTS: Readonly<Record<string, StoreEventType>> = {
  pin: 'model.pinned',
  unpin: 'model.unpinned',
  repair: 'model.repaired',
};

function ofAct(act: string, facts: Facts): readonly Said[] {
  if (act === 'rm') {
    const { removed, reclaimed_bytes: bytes = 0 } = facts;
    return removed === true ? [{ type: 'model.removed', data: { by: 'rm', bytes } }] : [];
  }
  if (act === 'import' || act === 'bundle.apply') {
    const models = String(facts.published ?? facts.models ?? '').split(', ');
    return models.filter((model) => model !== '').map((model) => ({ type: 'model.available', model, data: { by: act } }));
  }
  const type = OF_ACTS[act];
  const { model: _, ...data } = facts;
  return type === undefined ? [] : [{ type, data }];
}

function published(event: Extract<EventBody, { type: 'ensure.finished' }>): StoreEventData {
  const { path, fetchedBytes, sources = [], durationMs, proof } = event;
  return { by: 'ensure', path, fetched_bytes: fetchedBytes, sources, duration_ms: durationMs, ...(proof && { proof }) };
}

const told = ({ code, reason, message, retryable }: ErrorDocument): StoreEventData => ({
  code,
  ...(reason !== undefined && { reason }),
  message,
  retryable,
});

function faults(files: readonly BadFile[]): StoreEventData {
  const named = files.slice(0, NAMED_FILES).map(({ file }) => file);
  return { file_count: files.length, files: named, faults: [...new Set(files.map(({ fault }) => fault ?? 'unknown'))] };
}
