/** Who is told of events by HTTP. Keys are snake_case: the same JSON on disk, with --json and over HTTP. */

export interface WebhookRecord {
  readonly schema: 'wan.webhook/v1';
  /** 12 hex digits. */
  readonly id: string;
  /** Redacted: the whole one lies with the secret. */
  readonly url: string;
  /** See event-pattern.ts. */
  readonly events: readonly string[];
  readonly state: 'enabled' | 'disabled';
  /** Why it is disabled. */
  readonly reason?: string;
  readonly created_at: string;
  readonly last_success_at?: string;
  /** Of the first delivery that failed since one went well. */
  readonly failing_since?: string;
  /** Deliveries that failed since one went well. */
  readonly failures: number;
  /** Deliveries that were given up, or found no room in the queue. */
  readonly lost: number;
  /** Of the request that made it, where that may be sent again: sha256 of the caller and its key. */
  readonly made_by?: string;
}

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;

export interface DeliveryRecord {
  readonly schema: 'wan.webhook_delivery/v1';
  /** The same for each try: `webhook-id`. */
  readonly id: string;
  readonly webhook: string;
  readonly type: string;
  /** Orders those of one webhook. */
  readonly order: number;
  /** The text that is sent. */
  readonly body: string;
  readonly state: (typeof DELIVERY_STATES)[number];
  readonly created_at: string;
  readonly attempts: number;
  /** Not tried before this. */
  readonly next_at?: string;
  /** Of the last try. */
  readonly last?: DeliveryTry;
}

export interface DeliveryTry {
  readonly at: string;
  readonly duration_ms: number;
  /** Absent: no answer came. */
  readonly status?: number;
  /** Why it is no success. */
  readonly error?: string;
}

/** Up to where a webhook knows what happened. */
export interface WebhookCursor {
  readonly schema: 'wan.webhook_cursor/v1';
  /** Number of an event of the store. */
  readonly event_seq: number;
  /** State of each job, by id. */
  readonly jobs: Readonly<Record<string, string>>;
  /** Of the next delivery. */
  readonly order: number;
}

export const isWebhookId = (text: string): boolean => /^[0-9a-f]{12}$/.test(text);
