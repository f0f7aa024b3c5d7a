/**
 * Events -> spans: job, ensure, its files, their sources, the requests to each. Nothing in the core knows of them. A span begins and ends when
 * its events say so, and hangs under what it happened in: the job, else whoever made the call.
 */
import { type Attributes, type Context, SpanKind, type Tracer } from '@opentelemetry/api';
import type { EventSink, ModelEvent } from '../../domain/events.ts';
import { modelFields } from '../model-fields.ts';
import { OpenSpans, type SpanKey } from './open-spans.ts';
import { remoteContext } from './remote-context.ts';
import { failedAttributes, finishedAttributes, jobAttributes } from './span-attributes.ts';

type Of<Type extends ModelEvent['type']> = Extract<ModelEvent, { readonly type: Type }>;

const UNFINISHED = { code: 'CANCELLED', message: 'the process ended before' };
const PHASES: Readonly<Record<string, string>> = { waiting: 'wait', deriving: 'derive', publishing: 'publish' };

export class EventTracer {
  readonly #spans: OpenSpans;

  constructor(tracer: Tracer) {
    this.#spans = new OpenSpans(tracer);
  }

  readonly sink: EventSink = (event) => void this.#take(event, Date.parse(event.time));

  /** What is still open will tell no more. */
  close(nowMs: number): void {
    this.#spans.endAll({ atMs: nowMs, error: UNFINISHED });
  }

  #take(event: ModelEvent, atMs: number): unknown {
    switch (event.type) {
      case 'job.changed':
        return this.#job(event, atMs);
      case 'ensure.started':
        this.#spans.begin(modelKey(event), { name: 'ensure', atMs, parent: this.#outside(event), attributes: attributesOf(event) });
        return this.#phase(event, 'plan', atMs);
      case 'ensure.phase':
        return this.#phase(event, PHASES[event.phase], atMs);
      case 'ensure.planned':
        return this.#phase(event, undefined, atMs);
      case 'ensure.finished':
        this.#beginLate(event, atMs - event.durationMs);
        return this.#spans.end(modelKey(event), { atMs, attributes: finishedAttributes(event) });
      case 'ensure.failed':
        this.#beginLate(event, atMs - (event.durationMs ?? 0));
        return this.#spans.end(modelKey(event), { atMs, error: event.error, attributes: failedAttributes(event) });
      case 'gc.started':
        return this.#inside(event, [...modelKey(event), 'gc'], { name: 'gc', more: { 'wan.gc.trigger': event.trigger } }, atMs);
      case 'gc.finished':
        return this.#spans.end([...modelKey(event), 'gc'], { atMs, attributes: { 'wan.gc.reclaimed_bytes': event.reclaimedBytes } });
      case 'act.finished':
      case 'act.failed':
        // Verbs that move files have no other end.
        return event.act === 'lease' ? undefined : this.#spans.end(modelKey(event), { atMs });
      case 'warning':
        return this.#spans.note(modelKey(event), 'warning', { 'wan.warning': event.code, message: event.message }, atMs);
      case 'lock.waiting':
        return this.#spans.note(modelKey(event), 'lock.waiting', { 'wan.lock': event.lock, 'wan.waited_ms': event.waitedMs }, atMs);
      default:
        return this.#takeOfFile(event, atMs);
    }
  }

  #takeOfFile(event: ModelEvent, atMs: number): unknown {
    switch (event.type) {
      case 'file.started':
        if (this.#spans.has(fileKey(event))) return undefined;
        return this.#inside(event, fileKey(event), { name: 'file', more: { 'wan.file': event.file, 'wan.bytes': event.sizeBytes } }, atMs);
      case 'file.finished':
        return this.#fileFinished(event, atMs);
      case 'file.hashed':
        return this.#hashed(event, atMs);
      case 'source.started':
        return this.#inside(
          event,
          sourceKey(event),
          { name: 'source', more: { 'wan.source': event.source, 'wan.file': event.file } },
          atMs,
        );
      case 'source.ended': {
        const attributes = { 'wan.outcome': event.outcome, 'wan.bytes_received': event.receivedBytes };
        return this.#spans.settle(sourceKey(event), { atMs, attributes, error: event.error });
      }
      case 'source.lied':
        return this.#spans.settle(sourceKey(event), {
          atMs,
          error: { code: 'CHECKSUM_FAIL', message: `expected ${event.expected}, found ${event.found}` },
        });
      case 'retry.scheduled':
        return this.#spans.note(
          retryKey(event),
          'retry',
          { 'wan.attempt': event.attempt, 'wan.delay_ms': event.delayMs, message: event.reason },
          atMs,
        );
      case 'range.started': {
        const more = { 'wan.source': event.source, 'wan.offset': event.offset, 'wan.bytes': event.sizeBytes };
        return this.#inside(event, rangeKey(event), { name: 'range', kind: SpanKind.CLIENT, more }, atMs);
      }
      case 'range.ended':
        return this.#rangeEnded(event, atMs);
      default:
        return undefined;
    }
  }

  #job(event: Of<'job.changed'>, atMs: number): unknown {
    const key = jobKey(event);
    if (event.state !== 'running') return this.#spans.end(key, { atMs, error: event.error, attributes: jobAttributes(event) });
    const attributes = { ...attributesOf(event), ...jobAttributes(event) };
    return this.#spans.begin(key, { name: 'job', atMs, parent: remoteContext(event.traceparent), attributes });
  }

  #phase(event: ModelEvent, name: string | undefined, atMs: number): void {
    const key = [...modelKey(event), 'phase'];
    if (name !== 'wait' || !this.#spans.has([...key, name])) this.#spans.end(key, { atMs });
    if (name !== undefined && !this.#spans.has([...key, name])) this.#inside(event, [...key, name], { name }, atMs);
  }

  /** One that had nothing to do says so only at its end. */
  #beginLate(event: ModelEvent, atMs: number): void {
    if (this.#spans.has(modelKey(event))) return;
    this.#spans.begin(modelKey(event), { name: 'ensure', atMs, parent: this.#outside(event), attributes: attributesOf(event) });
  }

  #fileFinished(event: Of<'file.finished'>, atMs: number): void {
    const attributes = { 'wan.origin': event.origin, 'wan.proof': event.proof, 'wan.bytes_received': event.fetchedBytes };
    this.#spans.end(fileKey(event), { atMs, attributes });
  }

  #hashed(event: Of<'file.hashed'>, atMs: number): void {
    const key = [...fileKey(event), 'hash'];
    this.#inside(event, key, { name: 'hash', more: { 'wan.file': event.file } }, atMs - event.durationMs);
    const error = event.ok ? undefined : { code: 'CHECKSUM_FAIL', message: 'the bytes are other ones than they should be' };
    this.#spans.end(key, { atMs, error });
  }

  #rangeEnded(event: Of<'range.ended'>, atMs: number): void {
    const { outcome, receivedBytes, pausedMs } = event;
    const attributes = { 'wan.outcome': outcome, 'wan.bytes_received': receivedBytes, 'wan.paused_ms': pausedMs };
    const isFault = outcome === 'failed' || outcome === 'short' || outcome === 'overlong';
    this.#spans.end(rangeKey(event), {
      atMs,
      attributes,
      error: isFault ? { code: outcome, message: 'the request did not end well' } : undefined,
    });
  }

  #inside(event: ModelEvent, key: SpanKey, { name, kind, more }: { name: string; kind?: SpanKind; more?: Attributes }, atMs: number): void {
    const parent = this.#around(key) ?? this.#outside(event);
    this.#spans.begin(key, { name, atMs, parent, ...(kind !== undefined && { kind }), attributes: { ...attributesOf(event), ...more } });
  }

  /** The next one outward that is open. */
  #around(key: SpanKey): Context | undefined {
    for (let length = key.length - 1; length > 0; length--) {
      const context = this.#spans.context(key.slice(0, length));
      if (context !== undefined) return context;
    }
    return undefined;
  }

  #outside(event: ModelEvent): Context | undefined {
    const job = this.#spans.context(jobKey(event)) ?? this.#spans.context(jobKey({ ...event, model: '' }));
    return job ?? remoteContext(event.traceparent);
  }
}

/** A job has its model and id of its call in common with what it does. */
const jobKey = ({ correlationId, model = '' }: ModelEvent): SpanKey => ['job', correlationId, model];
const modelKey = ({ correlationId, model = '' }: ModelEvent): SpanKey => ['model', correlationId, model];
const fileKey = (event: ModelEvent & { readonly file: string }): SpanKey => [...modelKey(event), 'file', event.file];
const sourceKey = (event: ModelEvent & { readonly file: string; readonly source: string }): SpanKey => [...fileKey(event), event.source];
const rangeKey = (event: Of<'range.started' | 'range.ended'>): SpanKey => [...sourceKey(event), String(event.range)];
const retryKey = (event: Of<'retry.scheduled'>): SpanKey =>
  event.file === undefined ? modelKey(event) : [...modelKey(event), 'file', event.file, event.source];

function attributesOf(event: ModelEvent): Attributes {
  const { model_id: id, variant, overlay } = modelFields(event);
  return {
    'wan.correlation_id': event.correlationId,
    ...(id !== undefined && { 'wan.model_id': id }),
    ...(variant !== undefined && { 'wan.variant': variant }),
    ...(overlay !== undefined && { 'wan.overlay': overlay }),
  };
}
