import { statePhrase } from '../../domain/jobs.ts';
import type { JobExplanation } from '../../jobs/explain.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';

export function explanationText(screen: Screen, { job, worked_ms: workedMs, findings }: JobExplanation): string {
  const head = `${job.label} ${paint(screen, 'dim', `(${job.id})`)} ${statePhrase(job.state)}`;
  if (findings.length === 0) return `${head}; nothing was measured of it yet`;
  const lines = findings.map(({ ms, text }) => `  ${(ms === undefined ? '' : shareOf(ms, workedMs)).padStart(5)}  ${text}`);
  return [`${head}, after ${formatDuration(workedMs)} of work:`, ...lines].join('\n');
}

const shareOf = (ms: number, allMs: number): string => `${Math.round((100 * ms) / Math.max(1, allMs))} %`;
