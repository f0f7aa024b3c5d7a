/** What a smoke test has found so far, however it ends. */
import type { ModelError } from '../../domain/errors.ts';
import type { LoadPlan } from '../../domain/load-plan.ts';
import type { OffloadStrategy } from '../../domain/memory-estimate.ts';
import type { SmokeClip, SmokeClipResult, SmokeReport } from '../../domain/smoke.ts';
import { isTransformer } from '../loaded-components.ts';
import { canWatchMemory } from './memory-watch.ts';
import { verdictOf } from './smoke-errors.ts';
import type { ClipEvent, DoneEvent, LoadedEvent, ReadyEvent, SmokeEvent } from './smoke-events.ts';

type Circumstances = Pick<SmokeReport, 'ref' | 'variant' | 'path' | 'python' | 'versions' | 'device' | 'limits'> & {
  readonly error: ModelError | undefined;
  readonly begunMs: number;
  readonly endedMs: number;
  readonly gpu: ReadyEvent['gpus'][number] | undefined;
  readonly hostPeakBytes: number | undefined;
};

export class Findings {
  readonly #wanted: readonly SmokeClip[];
  readonly #clips: SmokeClipResult[] = [];
  #plan: LoadPlan | undefined;
  #offload: OffloadStrategy = 'none';
  #loaded: LoadedEvent | undefined;
  #done: DoneEvent | undefined;

  constructor(wanted: readonly SmokeClip[]) {
    this.#wanted = wanted;
  }

  get isDone(): boolean {
    return this.#done !== undefined;
  }

  planned([plan]: readonly LoadPlan[], offload: OffloadStrategy): void {
    this.#plan = plan;
    this.#offload = offload;
  }

  add(event: SmokeEvent): void {
    if (event.event === 'loaded') this.#loaded = event;
    else if (event.event === 'clip') this.#clips.push(...this.#clipOf(event));
    else if (event.event === 'done') this.#done = event;
  }

  report({ error, begunMs, endedMs, gpu, hostPeakBytes, ...rest }: Circumstances): SmokeReport {
    const loaded = this.#loaded;
    return {
      ...rest,
      verdict: verdictOf(error),
      ...(error && { error: error.toJSON() }),
      startedAt: new Date(begunMs).toISOString(),
      durationSeconds: (endedMs - begunMs) / 1000,
      ...(gpu && { deviceName: gpu.name }),
      offload: this.#offload,
      ...(loaded && { loadSeconds: loaded.load_seconds, loadSecondsOf: loaded.components, checkSeconds: loaded.check_seconds }),
      clips: this.#clips,
      memory: { ...(hostPeakBytes !== undefined && { hostPeakBytes }), ...peaksIn(this.#done) },
      warnings: this.#warnings(),
    };
  }

  /** They come in the order in which they were wanted. */
  #clipOf({ event: _, pipeline_class, encode_seconds, step_seconds, decode_seconds, ...rest }: ClipEvent): SmokeClipResult[] {
    const wanted = this.#wanted[this.#clips.length];
    if (wanted === undefined) return [];
    const times = { encodeSeconds: encode_seconds, stepSeconds: step_seconds, decodeSeconds: decode_seconds };
    return [{ ...wanted, pipelineClass: pipeline_class, experts: rest.experts, output: rest.output, ...times }];
  }

  #warnings(): string[] {
    const { components = [], overlays = [] } = this.#plan ?? {};
    const atWork = new Set(this.#clips.flatMap(({ experts }) => experts));
    const idle = components.map(({ name }) => name).filter((name) => isTransformer(name) && !atWork.has(name));
    return [
      ...(this.#clips.length === 0
        ? []
        : idle.map((name) => `${name} was loaded and looked at, and no step came to it: give more --steps`)),
      ...(overlays.length === 0
        ? []
        : [`${overlays.map(({ name }) => name).join(', ')}: overlays are not applied, only the model is tested`]),
      ...(canWatchMemory() ? [] : ['the memory of the test is not watched: this platform does not tell it']),
    ];
  }
}

const peaksIn = (done: DoneEvent | undefined): SmokeReport['memory'] => {
  const { host_peak_rss_bytes: rss, gpu_peak_allocated_bytes: allocated, gpu_peak_reserved_bytes: reserved } = done?.memory ?? {};
  return {
    ...(rss !== undefined && { hostPeakRssBytes: rss }),
    ...(allocated !== undefined && { gpuPeakAllocatedBytes: allocated }),
    ...(reserved !== undefined && { gpuPeakReservedBytes: reserved }),
  };
};
