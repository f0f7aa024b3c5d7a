import type { smokeData, smokeNote } from '../documents/smoke.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { SmokeClipResult, SmokeMemory, SmokeNote, SmokeReport } from '../domain/smoke.ts';
import type { Wire } from './wire.ts';

export const smokeWire = (report: SmokeReport): Wire<typeof smokeData> => ({
  ref: formatRef(report.ref),
  variant: report.variant,
  path: report.path,
  verdict: report.verdict,
  started_at: report.startedAt,
  duration_seconds: report.durationSeconds,
  python: report.python,
  versions: report.versions,
  device: report.device,
  ...(report.deviceName !== undefined && { device_name: report.deviceName }),
  offload: report.offload,
  ...(report.loadSeconds !== undefined && { load_seconds: report.loadSeconds }),
  ...(report.loadSecondsOf && { load_seconds_of: report.loadSecondsOf }),
  ...(report.checkSeconds !== undefined && { check_seconds: report.checkSeconds }),
  clips: report.clips.map(clipWire),
  memory: memoryWire(report.memory),
  limits: {
    timeout_seconds: report.limits.timeoutSeconds,
    ...(report.limits.memoryBytes !== undefined && { memory_bytes: report.limits.memoryBytes }),
  },
  warnings: report.warnings,
});

const clipWire = ({ pipelineClass, encodeSeconds, stepSeconds, decodeSeconds, ...clip }: SmokeClipResult) => ({
  ...clip,
  pipeline_class: pipelineClass,
  encode_seconds: encodeSeconds,
  step_seconds: stepSeconds,
  decode_seconds: decodeSeconds,
});

const memoryWire = ({ hostPeakBytes, hostPeakRssBytes, gpuPeakAllocatedBytes, gpuPeakReservedBytes }: SmokeMemory) => ({
  ...(hostPeakBytes !== undefined && { host_peak_bytes: hostPeakBytes }),
  ...(hostPeakRssBytes !== undefined && { host_peak_rss_bytes: hostPeakRssBytes }),
  ...(gpuPeakAllocatedBytes !== undefined && { gpu_peak_allocated_bytes: gpuPeakAllocatedBytes }),
  ...(gpuPeakReservedBytes !== undefined && { gpu_peak_reserved_bytes: gpuPeakReservedBytes }),
});

export const noteWire = (note: SmokeNote): Wire<typeof smokeNote> => ({
  verdict: note.verdict,
  ...(note.error && { error: note.error }),
  at: note.at,
  duration_seconds: note.durationSeconds,
  device: note.device,
  ...(note.deviceName !== undefined && { device_name: note.deviceName }),
  versions: note.versions,
  modes: note.modes,
  ...(note.loadSeconds !== undefined && { load_seconds: note.loadSeconds }),
  ...(note.stepSeconds !== undefined && { step_seconds: note.stepSeconds }),
  ...(note.hostPeakBytes !== undefined && { host_peak_bytes: note.hostPeakBytes }),
  ...(note.gpuPeakBytes !== undefined && { gpu_peak_bytes: note.gpuPeakBytes }),
});
