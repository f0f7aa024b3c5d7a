/** What wan_smoke.py says, one JSON object a line. */
import type { SmokeMode } from '../../domain/smoke.ts';

interface Gpu {
  readonly name: string;
  readonly total_bytes: number;
  readonly free_bytes: number;
}

export interface ReadyEvent {
  readonly event: 'ready';
  readonly python: { readonly executable: string; readonly version: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly gpus: readonly Gpu[];
  readonly cuda_problem: string | null;
}

export interface StageEvent {
  readonly event: 'stage';
  readonly stage: 'loading' | 'checking' | 'assembling' | 'denoising';
  readonly component?: string;
  readonly mode?: SmokeMode;
}

export interface LoadedEvent {
  readonly event: 'loaded';
  readonly load_seconds: number;
  readonly check_seconds: number;
  readonly components: Readonly<Record<string, number>>;
}

export interface ClipEvent {
  readonly event: 'clip';
  readonly pipeline_class: string;
  readonly experts: readonly string[];
  readonly encode_seconds: number;
  readonly step_seconds: readonly number[];
  readonly decode_seconds: number;
  readonly output: { readonly shape: readonly number[]; readonly min: number; readonly max: number; readonly std: number };
}

export interface DoneEvent {
  readonly event: 'done';
  readonly memory: {
    readonly host_peak_rss_bytes?: number;
    readonly gpu_peak_allocated_bytes?: number;
    readonly gpu_peak_reserved_bytes?: number;
  };
}

export interface FailedEvent {
  readonly event: 'failed';
  readonly kind: string;
  readonly message: string;
  readonly package?: string;
  readonly component?: string;
  readonly [detail: string]: unknown;
}

export type SmokeEvent = ReadyEvent | StageEvent | LoadedEvent | ClipEvent | DoneEvent | FailedEvent;

const EVENTS: ReadonlySet<string> = new Set(['ready', 'stage', 'loaded', 'clip', 'done', 'failed'] satisfies SmokeEvent['event'][]);

/** Undefined for a line that is none of ours: an interpreter's start-up files may print before our program runs. */
export function parseEvent(line: string): SmokeEvent | undefined {
  try {
    const parsed = JSON.parse(line) as { event?: unknown } | null;
    return typeof parsed?.event === 'string' && EVENTS.has(parsed.event) ? (parsed as SmokeEvent) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
