/** Spans that have begun and not ended, by keys that say what lies inside what. */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';

/** From the outside in. */
export type SpanKey = readonly string[];

export interface SpanStart {
  readonly name: string;
  readonly atMs: number;
  /** Undefined: it begins a trace. */
  readonly parent?: Context | undefined;
  readonly kind?: SpanKind;
  readonly attributes: Attributes;
}

export interface SpanEnd {
  readonly atMs: number;
  readonly attributes?: Attributes;
  /** Redacted. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

interface OpenSpan {
  readonly key: SpanKey;
  readonly span: Span;
  /** Its work is over, though there may be more to say of it. */
  endMs?: number;
}

const textOf = (key: SpanKey): string => key.join('\0');

export class OpenSpans {
  readonly #tracer: Tracer;
  readonly #open = new Map<string, OpenSpan>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  has(key: SpanKey): boolean {
    return this.#open.has(textOf(key));
  }

  /** For what lies inside; undefined where it is not open. */
  context(key: SpanKey): Context | undefined {
    const open = this.#open.get(textOf(key));
    return open && trace.setSpan(ROOT_CONTEXT, open.span);
  }

  /** One that is open under this key ends. */
  begin(key: SpanKey, { name, atMs, parent = ROOT_CONTEXT, kind, attributes }: SpanStart): void {
    this.end(key, { atMs });
    const options = { startTime: new Date(atMs), attributes, ...(kind !== undefined && { kind }) };
    this.#open.set(textOf(key), { key, span: this.#tracer.startSpan(name, options, parent) });
  }

  note(key: SpanKey, name: string, attributes: Attributes, atMs: number): void {
    this.#open.get(textOf(key))?.span.addEvent(name, attributes, new Date(atMs));
  }

  /** Its time is over; what is found out about it later still counts, until {@link end}. */
  settle(key: SpanKey, end: SpanEnd): void {
    const open = this.#open.get(textOf(key));
    if (open === undefined) return;
    open.endMs = end.atMs;
    mark(open.span, end);
  }

  /** What lies inside it ends too. */
  end(key: SpanKey, end: SpanEnd): void {
    const inside = [...this.#open.values()].filter((open) => isWithin(open.key, key));
    for (const open of inside.reverse()) this.#close(open, open.key.length === key.length ? end : { atMs: end.atMs });
  }

  endAll(end: SpanEnd): void {
    for (const open of [...this.#open.values()].reverse()) this.#close(open, end);
  }

  #close({ key, span, endMs }: OpenSpan, end: SpanEnd): void {
    this.#open.delete(textOf(key));
    mark(span, end);
    span.end(new Date(endMs ?? end.atMs));
  }
}

function mark(span: Span, { attributes = {}, error }: SpanEnd): void {
  span.setAttributes(attributes);
  if (error === undefined) return;
  span.setAttribute('error.type', error.code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: `${error.code}: ${error.message}` });
}

const isWithin = (key: SpanKey, outer: SpanKey): boolean => outer.every((part, index) => key[index] === part);
