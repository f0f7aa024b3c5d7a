/** What a verb hands back: data, and two ways to show it. Only the one that is asked for is called. */
import type { ModelError } from '../domain/errors.ts';
import type { Failed } from '../wire/tried.ts';
import type { Screen } from './render/screen.ts';

export interface Report {
  /** Where it is not the command's own schema. */
  readonly schema?: string;
  /** The `data` of the --json document, snake_case keys. Absent where a failure left nothing to tell. */
  readonly wire?: () => object;
  /** Human output for stdout, without the last newline; '' prints nothing. */
  readonly text: (screen: Screen) => string;
  readonly error?: ModelError;
  /** Where it was about several models, those that failed: people are told why of each, not of the first alone. */
  readonly failed?: readonly Failed[];
  /** Under which log and audit log tell of it; told with an error. */
  readonly correlationId?: string;
  /** What goes on after this was printed, and ends by itself; the orchestrator is closed by then. */
  readonly afterwards?: () => Promise<void>;
  /** Where it differs from the error's (or, without one, from 0). */
  readonly exitStatus?: number;
}

/** How a verb ends that was about several: with the first failure, if there is one. */
export function endedWith(failed: readonly Failed[]): Pick<Report, 'error' | 'failed'> {
  const [first] = failed;
  return first === undefined ? {} : { error: first.error, failed };
}
