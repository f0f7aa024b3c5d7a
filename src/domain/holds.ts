/** What keeps a model from being removed: pins, which last, and leases, which die with their holder. */
import type { LockHolder } from './events.ts';
import type { CanonicalRef } from './model-ref.ts';

export interface ModelPin {
  readonly family: string;
  readonly ref: CanonicalRef;
  /** ISO 8601. */
  readonly pinnedAt: string;
  /** ISO 8601; absent: until somebody unpins it. */
  readonly until?: string;
  readonly reason?: string;
  /** `user@host` */
  readonly by: string;
}

/** An `expired` one counts no more; an `unreadable` one counts: what cannot be read is kept. */
export type PinState = 'active' | 'expired' | 'unreadable';

/** A pin as it lies in the store. */
export interface StoredPin {
  /** `family@name@version[@variant][@+overlay]` */
  readonly name: string;
  readonly state: PinState;
  /** Absent where it is unreadable. */
  readonly pin?: ModelPin;
}

export interface PinReport extends StoredPin {
  /** `name@version[@variant][@+overlay]` */
  readonly label: string;
  /** Absolute path of the model's directory. */
  readonly path: string;
  readonly present: boolean;
}

export interface UnpinResult {
  readonly label: string;
  readonly path: string;
  /** False: it was not pinned. */
  readonly unpinned: boolean;
}

export interface ModelLease {
  readonly family: string;
  readonly ref: CanonicalRef;
  /** `doing` is the command that uses the model. */
  readonly holder: LockHolder;
}
