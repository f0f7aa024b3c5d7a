/** `smokeModel`: whether the user's Python really loads a model and denoises with it. */
import { asModelError, type ModelError } from '../../domain/errors.ts';
import type { LoadPlan } from '../../domain/load-plan.ts';
import type { OffloadStrategy } from '../../domain/memory-estimate.ts';
import type { SmokeClip, SmokeDevice, SmokePython, SmokeReport } from '../../domain/smoke.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import type { EnsureOptions, HeldModel, ModelOrchestrator } from '../../orchestrator/api.ts';
import { loadPlan } from '../load-plan.ts';
import { checkWeights } from './check-weights.ts';
import { Findings } from './findings.ts';
import { noteOf } from './note-of.ts';
import { type ClipWishes, planClips, requestOf } from './plan-clips.ts';
import { quantisedComponents } from './quantised-components.ts';
import { cudaMissing, gpuTooSmall } from './smoke-errors.ts';
import type { ReadyEvent } from './smoke-events.ts';
import { jobOf } from './smoke-job.ts';
import { SmokeSession } from './smoke-session.ts';

export interface SmokeOptions extends EnsureOptions, ClipWishes {
  /** Default: the GPU where there is one, else the processor. */
  readonly device?: SmokeDevice;
  readonly python: Pick<SmokePython, 'command' | 'origin'>;
  /** The whole environment of Python. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of Python's work; fetching the model does not count. Default: 30 minutes. */
  readonly timeoutMs?: number;
  /** Of memory that the kernel cannot take back. Default: nine tenths of what is available. */
  readonly memoryBytes?: number;
  /** Told what it is doing, in words. */
  readonly onStage?: (stage: string) => void;
}

const DEFAULT_TIMEOUT_MS = 1_800_000;
const SHARE_OF_AVAILABLE = 0.9;

/**
 * The model is made real first, and held while it is tested. What the test finds is in the report, also where the model fails it, and is
 * remembered; what keeps it from beginning is thrown.
 * @throws ModelError INVALID_INPUT for clips that the model cannot make; INVALID_CONFIG without Python, its packages or the device; as of `ensure`
 */
export async function smokeModel(orchestrator: ModelOrchestrator, modelId: string, options: SmokeOptions): Promise<SmokeReport> {
  const spec = await orchestrator.show(modelId, options);
  const clips = planClips(spec, options);
  await using session = await SmokeSession.start({ ...options, ...limitsOf(options) });
  options.onStage?.(`starting ${options.python.command} (${options.python.origin})`);
  const ready = await firstWord(session);
  const device = deviceOf(ready, options.device);
  const { timeoutMs: _, ...ensure } = options;
  await using held = await orchestrator.lease(modelId, { ...ensure, command: 'smoke test' });
  const report = await testHeld(orchestrator, { modelId, options, spec, clips, session, ready, device, held });
  await orchestrator.noteSmoke(held, noteOf(report), options);
  return report;
}

interface SmokeTest {
  readonly modelId: string;
  readonly options: SmokeOptions;
  readonly spec: ModelSpec;
  readonly clips: readonly SmokeClip[];
  readonly session: SmokeSession;
  readonly ready: ReadyEvent;
  readonly device: SmokeDevice;
  readonly held: HeldModel;
}

async function testHeld(orchestrator: ModelOrchestrator, test: SmokeTest): Promise<SmokeReport> {
  const { options, spec, clips, session, ready, device, held } = test;
  const findings = new Findings(clips);
  const begunMs = Date.now();
  const error = await failureIn(() => runTest(orchestrator, test, findings), options.signal);
  const { timeoutMs, memoryBytes } = limitsOf(options);
  return findings.report({
    ref: held.ref,
    variant: spec.variant,
    path: held.path,
    error,
    begunMs,
    endedMs: Date.now(),
    python: { ...options.python, ...ready.python },
    versions: ready.versions,
    device,
    gpu: device === 'cuda' ? ready.gpus[0] : undefined,
    hostPeakBytes: session.memoryPeakBytes,
    limits: { timeoutSeconds: timeoutMs / 1000, ...(memoryBytes !== undefined && { memoryBytes }) },
  });
}

async function runTest(orchestrator: ModelOrchestrator, test: SmokeTest, findings: Findings): Promise<void> {
  const { modelId, options, spec, clips, session, device, held } = test;
  checkWeights(spec, await orchestrator.weights(modelId, options), await quantisedComponents(held.path, spec));
  const plans: LoadPlan[] = [];
  for (const clip of clips) plans.push(await loadPlan(orchestrator, modelId, planOptions(test, clip)));
  const offload = offloadOf(plans, test);
  findings.planned(plans, offload);
  session.send(jobOf({ directory: held.path, device, offload, clips, plans }));
  while (!findings.isDone) findings.add(await nextEvent(session, options.onStage));
}

async function nextEvent(session: SmokeSession, onStage: SmokeOptions['onStage']): ReturnType<SmokeSession['next']> {
  const event = await session.next();
  if (event.event === 'stage') onStage?.(session.stage);
  return event;
}

function planOptions({ options, ready, device }: SmokeTest, clip: SmokeClip) {
  const { variant, overlays, signal } = options;
  const gpuBytes = device === 'cuda' ? ready.gpus[0]?.free_bytes : undefined;
  return {
    request: requestOf(clip),
    ...(variant !== undefined && { variant }),
    ...(overlays && { overlays }),
    ...(signal && { signal }),
    ...(gpuBytes !== undefined && { gpuBytes }),
  };
}

const HOW_MUCH: readonly OffloadStrategy[] = ['none', 'model', 'layers'];

/** The weights are loaded once, for all clips: the most careful of the plans. @throws ModelError NO_SPACE where none fits the GPU */
function offloadOf(plans: readonly LoadPlan[], { device, ready }: SmokeTest): OffloadStrategy {
  const free = ready.gpus[0]?.free_bytes ?? 0;
  for (const { memory } of device === 'cuda' ? plans : []) {
    if (memory === undefined || memory.chosen !== undefined) continue;
    throw gpuTooSmall(Math.min(...memory.strategies.map(({ peakBytes }) => peakBytes)), free);
  }
  const wanted = plans.map(({ strategy }) => HOW_MUCH.indexOf(strategy?.offload ?? 'none'));
  return HOW_MUCH[Math.max(...wanted)] ?? 'none';
}

async function firstWord(session: SmokeSession): Promise<ReadyEvent> {
  const event = await session.next();
  if (event.event === 'ready') return event;
  throw new Error(`wan_smoke.py said ${event.event} before it was ready`);
}

function deviceOf({ gpus, cuda_problem: problem }: ReadyEvent, wanted: SmokeDevice | undefined): SmokeDevice {
  if (wanted === 'cuda' && gpus.length === 0) throw cudaMissing(problem);
  return wanted ?? (gpus.length > 0 ? 'cuda' : 'cpu');
}

/** A run that was stopped, or met a bug of ours, has found nothing. */
async function failureIn(act: () => Promise<void>, signal: AbortSignal | undefined): Promise<ModelError | undefined> {
  try {
    await act();
    return undefined;
  } catch (thrown) {
    const error = asModelError(thrown);
    if (signal?.aborted || error.code === 'INTERNAL') throw error;
    return error;
  }
}

function limitsOf({ timeoutMs = DEFAULT_TIMEOUT_MS, memoryBytes }: SmokeOptions): { timeoutMs: number; memoryBytes: number } {
  return { timeoutMs, memoryBytes: memoryBytes ?? Math.floor(process.availableMemory() * SHARE_OF_AVAILABLE) };
}
