import type { LoadPlan } from '../../domain/load-plan.ts';
import { formatRef } from '../../domain/model-ref.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { judged, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, properties, table } from './table.ts';
import { notes, requestText } from './vram-text.ts';

const COLUMNS: readonly Column[] = [
  { title: 'COMPONENT' },
  { title: 'CLASS' },
  { title: 'LOAD AS' },
  { title: 'WEIGHTS', align: 'right' },
  { title: 'MISSING', align: 'right' },
  { title: 'PATH' },
];

export function loadPlanText(screen: Screen, plan: LoadPlan): string {
  const { strategy, vae, overlays } = plan;
  const facts = properties(screen, [
    ['pipeline', [plan.pipelineClass ?? 'none named', plan.library === 'native' ? '(Wan-AI/Wan2.2)' : '(diffusers)'].join(' ')],
    ['path', plan.path],
    ['state', plan.complete ? judged(screen, 'good', 'complete') : judged(screen, 'soft', 'not complete')],
    ['video', requestText(plan.request)],
    [
      'offload',
      strategy === undefined
        ? ''
        : `${strategy.offload}, about ${formatBytes(strategy.peakBytes)} on the GPU (${formatBytes(strategy.upperBytes)} with the error of the estimate)`,
    ],
    ['vae', vae.tiled ? `in tiles of ${vae.tileSize}, one every ${vae.tileStride} pixels` : ''],
    ['overlays', overlays.map(({ name }) => name).join(' ')],
  ]);
  const rows = plan.components.map(({ name, className = '', dtype = '', weightBytes, missing, path }) => [
    name,
    className,
    dtype,
    weightBytes === 0 ? '' : formatBytes(weightBytes),
    missing.length === 0 ? '' : String(missing.length),
    path,
  ]);
  const components = rows.length === 0 ? [] : ['', table(screen, COLUMNS, rows)];
  return [paint(screen, 'bold', formatRef(plan.ref)), facts, ...components, ...notes(screen, plan.warnings)].join('\n');
}
