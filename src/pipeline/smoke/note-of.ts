/** Of a report, what is worth remembering. Pure. */
import type { SmokeNote, SmokeReport } from '../../domain/smoke.ts';

export function noteOf(report: SmokeReport): SmokeNote {
  const { verdict, error, durationSeconds, device, deviceName, versions, clips, loadSeconds, memory } = report;
  const stepSeconds = median(clips.flatMap((clip) => clip.stepSeconds));
  return {
    ...{ verdict, durationSeconds, device, versions },
    at: new Date(Date.parse(report.startedAt) + durationSeconds * 1000).toISOString(),
    ...(error && { error: { code: error.code, ...(error.reason !== undefined && { reason: error.reason }), message: error.message } }),
    ...(deviceName !== undefined && { deviceName }),
    modes: clips.map(({ mode }) => mode),
    ...(loadSeconds !== undefined && { loadSeconds }),
    ...(stepSeconds !== undefined && { stepSeconds }),
    ...(memory.hostPeakBytes !== undefined && { hostPeakBytes: memory.hostPeakBytes }),
    ...(memory.gpuPeakAllocatedBytes !== undefined && { gpuPeakBytes: memory.gpuPeakAllocatedBytes }),
  };
}

function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
