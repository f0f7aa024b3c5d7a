/** What one source's work on one file is given, and what comes of it. */
import type { FileSource } from '../backends/backend.ts';
import type { Attempt, ModelError } from '../domain/errors.ts';
import type { TrafficControl } from '../domain/traffic.ts';
import type { Clock, Random } from '../domain/world.ts';
import type { FileState } from './file-state.ts';
import type { Lane } from './lane.ts';
import type { LaneBalance } from './lane-balance.ts';
import type { LanePool } from './lane-pool.ts';
import type { TransferRetry } from './retry-budget.ts';
import type { Scheduler } from './scheduler.ts';
import type { TeamView } from './team-view.ts';

export interface SourceRunOptions {
  readonly state: FileState;
  readonly source: FileSource;
  readonly scheduler: Scheduler;
  readonly pool: LanePool;
  /** Lanes for bulk work, or only the main thread's. */
  readonly lanes: readonly Lane[];
  readonly balance: LaneBalance<Lane>;
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: TransferRetry;
  readonly stallTimeoutMs: number;
  readonly hasAlternative: boolean;
  /** Whether a local file may be shared (reflink) rather than copied. */
  readonly mayClone: boolean;
  readonly traffic: TrafficControl | undefined;
  readonly onAttempt: (attempt: Attempt) => void;
  readonly team: TeamView;
}

export type SourceRunResult =
  | { readonly kind: 'complete' }
  | { readonly kind: 'failed'; readonly error: ModelError }
  /** Left because others do it better now; worth asking again when they are gone. */
  | { readonly kind: 'set-aside'; readonly error: ModelError /** It gave at least one piece. */; readonly helped: boolean }
  | { readonly kind: 'aborted' };

export type EndedEarly = Exclude<SourceRunResult, { readonly kind: 'complete' | 'aborted' }>;
