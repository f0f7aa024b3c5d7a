import type { ModelProgress } from '../../observability/progress.ts';
import { speedAt, timeLeftMs } from '../../observability/speed.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';

/** Speed and time left, as far as they can be told. */
export function speedText({ speed, totalBytes, doneBytes }: ModelProgress, nowMs: number): readonly string[] {
  const bytesPerSecond = speedAt(speed, nowMs);
  const leftMs = timeLeftMs(speed, totalBytes - doneBytes, nowMs);
  const left = leftMs === undefined || leftMs === 0 ? [] : [`${formatDuration(Math.max(1000, Math.round(leftMs / 1000) * 1000))} left`];
  return bytesPerSecond < 1 ? [] : [`${formatBytes(bytesPerSecond)}/s`, ...left];
}
