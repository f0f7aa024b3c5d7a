/** A source of one range's bytes inside a lane: pushes, and lets itself be paused. */
import type { AnswerHead } from './lane-protocol.ts';

export interface FeedEvents {
  /** Once, before any data. Nothing more comes until {@link Feed.proceed}. */
  onHead(head: AnswerHead): void;
  /** The bytes are valid during the call only. @returns whether more are wanted; on false the feed is cancelled by the caller */
  onData(bytes: Uint8Array): boolean;
  /** The body is complete as the source declared it. */
  onEnd(): void;
  /** Nothing follows. An UnusualResponse asks for another kind of feed. */
  onError(error: unknown): void;
}

export interface Feed {
  start(): void;
  proceed(): void;
  /** Stops at once; no event follows. */
  cancel(): void;
}
