/**
 * Everything that the core tells the world while it works. The core never prints: it emits these, and observability/
 * turns them into logs, progress and metrics. No event ever holds a secret: URLs are redacted by whoever emits them.
 */
import type { ActName, Facts } from './acts.ts';
import type { ErrorDocument } from './errors.ts';
import type { GcKind, GcTrigger } from './gc.ts';
import type { JobState } from './jobs.ts';
import type { ProofLevel } from './proof.ts';

/** How a file's bytes came to be in the store. */
export type BytesOrigin = 'present' | 'linked' | 'copied' | 'fetched' | 'made' | 'derived';

export type Phase = 'planning' | 'waiting' | 'transferring' | 'deriving' | 'verifying' | 'publishing';

export type SourceOutcome = 'complete' | 'failed' | 'set_aside' | 'stopped';

/** `short`, `overlong`: its body ended too early, or went on past the end of the file. */
export type RangeOutcome = 'done' | 'short' | 'overlong' | 'cancelled' | 'failed';

export type EventBody =
  | { readonly type: 'ensure.started'; readonly fileCount: number; readonly totalBytes: number }
  | { readonly type: 'ensure.phase'; readonly phase: Phase }
  /** After planning: `heldBytes` are here already, the rest will move or be made here. */
  | {
      readonly type: 'ensure.planned';
      readonly totalBytes: number;
      readonly heldBytes: number;
      /** That a source would have to send. */
      readonly fetchBytes: number;
      /** Out of a tier or the Hub cache of this machine, if they prove right. */
      readonly copyBytes?: number;
      readonly deriveBytes?: number;
    }
  /** Held bytes of the model; never goes down. A refetch raises `totalBytes` instead. At most 10 a second. */
  | {
      readonly type: 'ensure.progress';
      readonly doneBytes: number;
      readonly totalBytes: number;
      readonly bytesPerSecond: number;
      /** On their way, of pieces that are not whole: held soon, or in vain. */
      readonly comingBytes?: number;
    }
  | {
      readonly type: 'ensure.finished';
      readonly path: string;
      readonly fetchedBytes: number;
      /** Files of which bytes came over a backend. */
      readonly fetchedFiles?: number;
      /** Sources that bytes came from, redacted. */
      readonly sources?: readonly string[];
      readonly durationMs: number;
      readonly proof: ProofLevel | undefined;
      /** Whether this call put the model's directory in place, or replaced it. */
      readonly published?: boolean;
    }
  | {
      readonly type: 'ensure.failed';
      readonly error: ErrorDocument;
      readonly durationMs?: number;
      /** What sources sent all the same. */
      readonly fetchedBytes?: number;
      /** Files that were fetched to their end. */
      readonly fetchedFiles?: number;
      /** Sources that bytes came from, redacted. */
      readonly sources?: readonly string[];
    }
  | {
      readonly type: 'file.started';
      readonly file: string;
      readonly sizeBytes: number;
      readonly heldBytes: number;
      readonly source: string;
    }
  | {
      readonly type: 'file.progress';
      readonly file: string;
      readonly doneBytes: number;
      readonly sizeBytes: number;
      readonly verifiedBytes: number;
    }
  | {
      readonly type: 'file.finished';
      readonly file: string;
      readonly sizeBytes: number;
      readonly fetchedBytes: number;
      readonly origin: BytesOrigin;
      readonly sources: readonly string[];
      readonly proof: ProofLevel;
      readonly durationMs: number;
    }
  /** Bytes of a file that a source sent since this was last said: every few seconds, and when the file ends, well or not. */
  | { readonly type: 'file.received'; readonly file: string; readonly source: string; readonly bytes: number }
  /** A source begins to work on a file; several may at the same time. */
  | { readonly type: 'source.started'; readonly source: string; readonly file: string }
  /** It has done its part, has failed, was left because others are quicker, or was stopped. */
  | {
      readonly type: 'source.ended';
      readonly source: string;
      readonly file: string;
      readonly outcome: SourceOutcome;
      readonly receivedBytes: number;
      readonly durationMs: number;
      readonly error?: ErrorDocument;
    }
  /** One request for a part of a file; `range` is its number, told once in a process. */
  | {
      readonly type: 'range.started';
      readonly range: number;
      readonly source: string;
      readonly file: string;
      readonly offset: number;
      readonly sizeBytes: number;
    }
  | {
      readonly type: 'range.ended';
      readonly range: number;
      readonly source: string;
      readonly file: string;
      readonly outcome: RangeOutcome;
      readonly receivedBytes: number;
      readonly durationMs: number;
      /** In which the bandwidth limit held it back. */
      readonly pausedMs: number;
    }
  /** All bytes of a file were there: what was still to be hashed has been. `ok`: they are the right ones, or nobody knows better. */
  | { readonly type: 'file.hashed'; readonly file: string; readonly ok: boolean; readonly durationMs: number }
  | {
      readonly type: 'source.failed';
      readonly source: string;
      readonly file?: string;
      readonly error: ErrorDocument;
      /** Of its work on that file, where it had begun. */
      readonly durationMs?: number;
      readonly receivedBytes?: number;
    }
  /** Bytes from this source were proven wrong. */
  | { readonly type: 'source.lied'; readonly source: string; readonly file: string; readonly expected: string; readonly found: string }
  | {
      readonly type: 'retry.scheduled';
      readonly source: string;
      readonly file?: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly reason: string;
    }
  /** Every few seconds while waiting; `holder` as the lock file tells it. */
  | { readonly type: 'lock.waiting'; readonly lock: string; readonly holder?: LockHolder; readonly waitedMs: number }
  | { readonly type: 'blob.healed'; readonly digest: string; readonly links: readonly string[] }
  | { readonly type: 'recovery.done'; readonly what: string; readonly path: string }
  | { readonly type: 'verify.progress'; readonly doneBytes: number; readonly totalBytes: number }
  /** Of files that are read only to pin their digest. */
  | { readonly type: 'lock.progress'; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly type: 'verify.file'; readonly file: string; readonly ok: boolean; readonly fault?: string }
  /** Of a garbage collection: what is about to go. */
  | { readonly type: 'gc.started'; readonly trigger: GcTrigger; readonly items: number; readonly bytes: number }
  | { readonly type: 'gc.removed'; readonly kind: GcKind; readonly what: string; readonly bytes: number; readonly reason: string }
  /** It can be brought back for a while, and takes its space so long. */
  | { readonly type: 'gc.trashed'; readonly kind: GcKind; readonly what: string; readonly bytes: number; readonly reason: string }
  | {
      readonly type: 'gc.finished';
      readonly trigger: GcTrigger;
      readonly removed: number;
      readonly trashed: number;
      readonly kept: number;
      readonly reclaimedBytes: number;
      /** Freed when what went to the trash expires there. */
      readonly trashBytes: number;
      readonly durationMs: number;
    }
  | { readonly type: 'tier.progress'; readonly doneBytes: number; readonly totalBytes: number }
  | {
      readonly type: 'tier.moved';
      readonly to: string;
      readonly writtenBytes: number;
      readonly storedBytes: number;
      readonly reclaimedBytes: number;
    }
  /** Something was changed or removed, beside what `ensure.finished` and `gc.finished` say. */
  | { readonly type: 'act.finished'; readonly act: ActName; readonly facts: Facts }
  /** A verb that changes things, or looks for damage, ended with an error. Said once, by the verb that was called. */
  | { readonly type: 'act.failed'; readonly act: ActName; readonly error: ErrorDocument }
  /** Of a runner of jobs: what became of one. */
  | {
      readonly type: 'job.changed';
      readonly id: string;
      readonly label: string;
      readonly state: JobState;
      readonly attempts: number;
      /** Of a try that failed, also where it is tried again. */
      readonly error?: ErrorDocument;
      /** Of one that runs no more: since this try began. */
      readonly durationMs?: number;
      /** Over all tries. */
      readonly fetchedBytes?: number;
      readonly fetchedFiles?: number;
      /** Redacted; `several` for files that more than one gave. */
      readonly sources?: readonly string[];
    }
  | { readonly type: 'warning'; readonly code: string; readonly message: string };

/** What a lock file says of whoever holds it. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly bootId: string;
  /** ISO 8601. */
  readonly since: string;
  /** "ensure t2v-A14B@2.2.0" */
  readonly doing: string;
  readonly doneBytes?: number;
  readonly totalBytes?: number;
}

export interface EventEnvelope {
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  /** Rises by one for each event of a process. */
  readonly seq: number;
  /** Runs from the call (CLI, HTTP, library) through all that it causes. */
  readonly correlationId: string;
  /** Canonical reference of the model concerned. */
  readonly model?: string;
  /** The variant that is meant, also where it is the default one, which references leave out. */
  readonly variant?: string;
  /** W3C trace context of whoever made the call: where traces are kept, what happens hangs under it. */
  readonly traceparent?: string;
}

export type ModelEvent = EventEnvelope & EventBody;
export type EventType = EventBody['type'];
/** Never throws, never blocks. */
export type EventSink = (event: ModelEvent) => void;
/** An emitter bound to one call and model: adds the envelope. */
export type Emit = (body: EventBody) => void;
