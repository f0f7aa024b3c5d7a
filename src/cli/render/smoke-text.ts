import { formatRef } from '../../domain/model-ref.ts';
import type { SmokeClipResult, SmokeReport, SmokeVerdict } from '../../domain/smoke.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { judged, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, properties, table } from './table.ts';
import { notes } from './vram-text.ts';

const COLUMNS: readonly Column[] = [
  { title: 'CLIP' },
  { title: 'PIPELINE' },
  { title: 'OUTPUT' },
  { title: 'EXPERTS' },
  { title: 'ENCODE', align: 'right' },
  { title: 'STEPS', align: 'right' },
  { title: 'DECODE', align: 'right' },
];

const VERDICTS: Readonly<Record<SmokeVerdict, Verdict>> = { passed: 'good', failed: 'bad', unknown: 'soft' };

export function smokeText(screen: Screen, report: SmokeReport): string {
  const { python, versions, memory, loadSeconds, checkSeconds = 0, clips } = report;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const facts = properties(screen, [
    ['verdict', judged(screen, VERDICTS[report.verdict], report.verdict)],
    ['path', report.path],
    ['python', `${python.executable ?? python.command} (${python.version ?? ''}, ${python.origin})`],
    ['packages', packages.join(', ')],
    ['device', [report.deviceName ?? report.device, ...(report.offload === 'none' ? [] : [`offload ${report.offload}`])].join(', ')],
    ['loaded', loadSeconds === undefined ? '' : `in ${shown(loadSeconds)}, every weight looked at in ${shown(checkSeconds)}`],
    ['host memory', memory.hostPeakBytes === undefined ? '' : `${formatBytes(memory.hostPeakBytes)} at most`],
    ['GPU memory', memory.gpuPeakAllocatedBytes === undefined ? '' : `${formatBytes(memory.gpuPeakAllocatedBytes)} at most`],
  ]);
  return [
    paint(screen, 'bold', formatRef(report.ref)),
    facts,
    ...(clips.length === 0 ? [] : ['', table(screen, COLUMNS, clips.map(row))]),
    ...notes(screen, report.warnings),
  ].join('\n');
}

const row = ({ mode, pipelineClass, experts, encodeSeconds, stepSeconds, decodeSeconds, output }: SmokeClipResult): readonly string[] => [
  mode,
  pipelineClass,
  output.shape.join('x'),
  experts.join(' '),
  shown(encodeSeconds),
  stepSeconds.map(shown).join(' '),
  shown(decodeSeconds),
];

const shown = (seconds: number): string => `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`;
