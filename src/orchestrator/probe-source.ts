/** How well a source answers: one byte of a file of the model, then a short sample of it. Nothing is kept. */
import type { FileSource, StorageBackend } from '../backends/backend.ts';
import { asModelError, ModelError } from '../domain/errors.ts';
import type { SourceProbe } from '../domain/results.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { Clock } from '../domain/world.ts';

export interface ProbeFile {
  readonly spec: FileSpec;
  /** Path at the source. */
  readonly path: string;
}

export interface ProbeOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const SAMPLE_BYTES = 4 * 1024 * 1024;
/** A slow source is known as such well before a sample is whole. */
const SAMPLE_MS = 3000;
/** Fewer bytes than this come in one piece, and tell nothing about speed. */
const TELLING_BYTES = 64 * 1024;
const LIMIT_MS = 20_000;
/** A source may have but a part of the model. */
const FILES_ASKED_FOR = 3;

/** @returns what was measured, or why nothing could be; throws only when the signal is aborted */
export async function probeSource(backend: StorageBackend, files: readonly ProbeFile[], options: ProbeOptions): Promise<SourceProbe> {
  let failed: SourceProbe | undefined;
  for (const file of mostTelling(files)) {
    const probe = await probeFile({ backend, path: file.path }, file.spec, options);
    if (probe.error?.reason !== 'not_found') return probe;
    failed ??= probe;
  }
  return failed ?? { file: '', error: new ModelError('COMPONENT_MISSING', 'the model has no file to ask for').toJSON() };
}

/** The largest ones: their speed is what a download waits for. */
const mostTelling = (files: readonly ProbeFile[]): readonly ProbeFile[] =>
  files
    .filter(({ spec }) => spec.sizeBytes > 0)
    .sort((a, b) => Number(a.spec.optional) - Number(b.spec.optional) || b.spec.sizeBytes - a.spec.sizeBytes)
    .slice(0, FILES_ASKED_FOR);

async function probeFile(source: FileSource, { path: file, sizeBytes }: FileSpec, { clock, signal }: ProbeOptions): Promise<SourceProbe> {
  using limit = timeLimit(source.backend.label);
  const sample: Sample = { source, sizeBytes, clock, signal: AbortSignal.any([signal, limit.signal]) };
  try {
    const latencyMs = await timeToFirstByte(sample);
    const bytesPerSecond = sizeBytes < TELLING_BYTES ? undefined : await speedOf(sample);
    return { file, latencyMs, ...(bytesPerSecond !== undefined && { bytesPerSecond }) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { file, error: asModelError(error).toJSON() };
  }
}

interface Sample {
  readonly source: FileSource;
  readonly sizeBytes: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function timeToFirstByte({ source, sizeBytes, clock, signal }: Sample): Promise<number> {
  const startedMs = clock.monotonic();
  const opened = await source.backend.open(source.path, { range: { offset: 0, length: 1 }, expectedBytes: sizeBytes, signal });
  for await (const _ of opened.body) break;
  return clock.monotonic() - startedMs;
}

/** From the first bytes on, so that the latency is not counted twice; undefined where all came at once. */
async function speedOf({ source, sizeBytes, clock, signal }: Sample): Promise<number | undefined> {
  const length = Math.min(SAMPLE_BYTES, sizeBytes);
  const opened = await source.backend.open(source.path, { range: { offset: 0, length }, expectedBytes: sizeBytes, signal });
  let [bytes, startedMs, elapsedMs] = [0, 0, 0];
  let isFirst = true;
  for await (const chunk of opened.body) {
    if (isFirst) startedMs = clock.monotonic();
    else bytes += chunk.length;
    isFirst = false;
    elapsedMs = clock.monotonic() - startedMs;
    // A source that ignores ranges would send all of the file.
    if (elapsedMs > SAMPLE_MS || bytes > SAMPLE_BYTES) break;
  }
  return bytes < TELLING_BYTES / 2 || elapsedMs === 0 ? undefined : Math.round((bytes / elapsedMs) * 1000);
}

function timeLimit(label: string): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const error = new ModelError('NETWORK_TIMEOUT', `${label} has not answered within ${LIMIT_MS / 1000} s`, { reason: 'probe_timeout' });
  const timer = setTimeout(() => controller.abort(error), LIMIT_MS).unref();
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
