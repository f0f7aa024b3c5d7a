import { ERROR_CODES, type ErrorDocument } from '../../domain/errors.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { ModelSource, SourcesReport } from '../../domain/results.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { type Tried, valuesOf } from '../../wire/tried.ts';
import { failureLines } from './failure-lines.ts';
import { judged, mark, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';
import { NO_MODELS } from './tried-table.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'SOURCE' },
  { title: 'FILES', align: 'right' },
  { title: 'CREDENTIALS' },
  { title: 'LATENCY', align: 'right' },
  { title: 'SPEED', align: 'right' },
  { title: 'PROBLEM', flows: true },
];

/** For each model its sources in the order in which they are asked, then what to do about those with a problem. */
export function sourcesText(screen: Screen, tried: readonly Tried<SourcesReport>[]): string {
  if (tried.length === 0) return NO_MODELS;
  return valuesOf(tried)
    .map((report) => oneModel(screen, report))
    .join('\n\n');
}

function oneModel(screen: Screen, { ref, sources, forgotten }: SourcesReport): string {
  const head = paint(screen, 'bold', formatRef(ref));
  if (sources.length === 0) return `${head}\nno source`;
  const faults = sources.flatMap((source) => faultLines(screen, source));
  return [
    head,
    table(
      screen,
      COLUMNS,
      sources.map((source) => row(screen, source)),
    ),
    ...(faults.length > 0 ? ['', ...faults] : []),
    ...sources.flatMap((source) => failureLines(screen, source)),
    ...(forgotten === undefined ? [] : [`forgotten: ${forgotten}`]),
  ].join('\n');
}

function row(screen: Screen, source: ModelSource): readonly string[] {
  const { host, fileCount, file, credentials, probe } = source;
  const { latencyMs, bytesPerSecond } = probe ?? {};
  const problem = problemOf(source);
  return [
    mark(screen, verdictOn(source)),
    source.source,
    file ?? String(fileCount),
    credentials ?? (host === undefined ? '' : 'none'),
    latencyMs === undefined ? '' : formatDuration(latencyMs),
    bytesPerSecond === undefined ? '' : `${formatBytes(bytesPerSecond)}/s`,
    problem === undefined ? '' : judged(screen, verdictOn(source), problem.reason ?? problem.code),
  ];
}

/** What was not asked is neither good nor bad. A source that lacks a file leaves it to the next. */
function verdictOn({ error, probe }: ModelSource): Verdict {
  if (error !== undefined) return 'bad';
  if (probe === undefined) return 'none';
  if (probe.error === undefined) return 'good';
  return probe.error.reason === 'not_found' ? 'soft' : 'bad';
}

const problemOf = ({ error, probe }: ModelSource): ErrorDocument | undefined => error ?? probe?.error;

function faultLines(screen: Screen, source: ModelSource): readonly string[] {
  const problem = problemOf(source);
  if (problem === undefined) return [];
  const head = `${mark(screen, verdictOn(source))} ${problem.message}`;
  // The usual hint names this very verb.
  return problem.hint === ERROR_CODES.SOURCE_UNAVAILABLE.hint ? [head] : [head, `  ${paint(screen, 'dim', problem.hint)}`];
}
