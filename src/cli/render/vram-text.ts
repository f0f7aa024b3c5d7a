import type { LoadPlan } from '../../domain/load-plan.ts';
import type { MemoryEstimate, OffloadStrategy, StrategyEstimate } from '../../domain/memory-estimate.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { ResolvedRequest } from '../../domain/video-request.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { judged, mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'ON THE GPU' },
  { title: 'VAE' },
  { title: 'PEAK', align: 'right' },
  { title: '+20 %', align: 'right' },
  { title: 'TEXT', align: 'right' },
  { title: 'DENOISE', align: 'right' },
  { title: 'DECODE', align: 'right' },
  { title: 'HOST', align: 'right' },
];

const OFFLOAD: Readonly<Record<OffloadStrategy, string>> = {
  none: 'everything',
  model: 'one component at a time',
  layers: 'two layers at a time',
};

export function vramText(screen: Screen, plan: LoadPlan, gpuBytes: number | undefined): string {
  const { memory, warnings } = plan;
  const title = `${paint(screen, 'bold', formatRef(plan.ref))}, ${requestText(plan.request)}`;
  return [
    title,
    ...(memory === undefined ? [] : ['', estimateTable(screen, memory), ...verdict(screen, memory, gpuBytes)]),
    ...notes(screen, warnings),
  ].join('\n');
}

export const requestText = ({ width, height, frames, fps, steps }: ResolvedRequest): string =>
  [
    `${width}x${height}`,
    `${frames} frames`,
    ...(fps === undefined ? [] : [`${fps} fps`]),
    ...(steps === undefined ? [] : [`${steps} steps`]),
  ].join(', ');

/** Lines under a table, an empty one before the first. */
export const notes = (screen: Screen, warnings: readonly string[]): string[] =>
  warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `${paint(screen, 'dim', 'note:')} ${warning}`)];

const estimateTable = (screen: Screen, { strategies }: MemoryEstimate): string =>
  table(
    screen,
    COLUMNS,
    strategies.map((one) => row(screen, one)),
  );

function row(screen: Screen, { offload, tiled, fits, ...bytes }: StrategyEstimate): readonly string[] {
  const verdictMark = fits === undefined ? '' : mark(screen, fits === 'yes' ? 'good' : fits === 'tight' ? 'soft' : 'bad');
  return [
    verdictMark,
    OFFLOAD[offload],
    tiled ? 'tiled' : 'whole',
    formatBytes(bytes.peakBytes),
    formatBytes(bytes.upperBytes),
    formatBytes(bytes.textBytes),
    formatBytes(bytes.denoiseBytes),
    formatBytes(bytes.decodeBytes),
    bytes.hostBytes === 0 ? '' : formatBytes(bytes.hostBytes),
  ];
}

function verdict(screen: Screen, { chosen }: MemoryEstimate, gpuBytes: number | undefined): string[] {
  if (gpuBytes === undefined) return [];
  if (chosen === undefined)
    return ['', `${judged(screen, 'bad', 'does not fit')} ${formatBytes(gpuBytes)}: take a smaller or shorter video, or a larger GPU`];
  const how = `${OFFLOAD[chosen.offload]} on the GPU${chosen.tiled ? ', the VAE in tiles' : ''}`;
  return [
    '',
    chosen.fits === 'yes'
      ? `${judged(screen, 'good', 'fits')} ${formatBytes(gpuBytes)}: ${how}`
      : `${judged(screen, 'soft', 'may fit')} ${formatBytes(gpuBytes)}: ${how}`,
  ];
}
