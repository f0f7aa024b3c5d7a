/** What the thread of the service and the process's main thread say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { LoadConfigInput } from '../../config/load-config.ts';
import type { serveData } from '../../documents/machine.ts';
import type { LogRecord } from '../../observability/log-record.ts';
import type { Wire } from '../../wire/wire.ts';

export interface ThreadData {
  readonly input: Pick<LoadConfigInput, 'env' | 'cwd' | 'flags'>;
  readonly version: string;
  /** See util/heartbeat.ts. */
  readonly pulse: SharedArrayBuffer;
}

export type About = Omit<Wire<typeof serveData>, 'url' | 'checked'>;

export interface KnownName {
  readonly modelId: string;
  readonly variant: string;
}

/** `error` is an ErrorDocument, `line` a LogRecord, as JSON: what they hold of others need not be what threads can be sent. */
export type FromThread =
  | { readonly type: 'ready'; readonly about: About; readonly models: readonly KnownName[] }
  | { readonly type: 'failed'; readonly error: string }
  | { readonly type: 'log'; readonly line: string }
  /** All is closed; whatever still holds the thread may be cut off. */
  | { readonly type: 'ended' };

export type ToThread =
  | { readonly type: 'connect'; readonly port: MessagePort; readonly remoteAddress: string | undefined }
  /** Written by the main thread: for the log that the service shows. */
  | { readonly type: 'logged'; readonly record: LogRecord }
  /** What is under way ends, and keeps what it holds. */
  | { readonly type: 'stop' }
  /** No request is under way any more. */
  | { readonly type: 'end' };
