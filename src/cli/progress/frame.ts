/** One picture of the live display: pure. Every line is narrower than the screen, and there are fewer lines than rows. */
import type { FileProgress, ModelProgress } from '../../observability/progress.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { displayWidth, padEnd, padStart, truncate } from '../render/display-width.ts';
import { mark, paint } from '../render/paint.ts';
import type { Screen } from '../render/screen.ts';
import { bar } from './bar.ts';
import { speedText } from './speed-text.ts';

const NAME_MAX = 36;
const BAR_MIN = 10;
const BAR_MAX = 30;
/** `  1023 KiB/s  59 min 59 s left  1023 MiB/1023 MiB`: as wide as what follows a bar gets. A bar that took what is left of the line would jump with every figure. */
const TAIL_WIDTH = 49;

/** @param nowMs wall clock, for speeds that fade while nothing arrives. */
export function frame(screen: Screen, models: readonly ModelProgress[], nowMs: number): readonly string[] {
  const rows = Math.max(1, screen.rows - 1);
  const shown = newest(models, rows);
  const room = rows - shown.length;
  const nameWidth = Math.min(NAME_MAX, Math.max(...shown.map(({ model }) => displayWidth(model)), 0));
  const files = filesToShow(shown, room);
  const fileWidth = Math.max(...[...files.values()].flat().map(({ file }) => displayWidth(file)), 0);
  return shown.flatMap((model) => [
    modelLine(screen, model, { nameWidth, nowMs }),
    ...(files.get(model) ?? []).map((file) => paint(screen, 'dim', fileLine(screen, file, fileWidth))),
  ]);
}

/** Where there are more models than rows, those that still move, then the last ones that ended. */
function newest(models: readonly ModelProgress[], rows: number): readonly ModelProgress[] {
  if (models.length <= rows) return models;
  const moving = models.filter(({ phase }) => phase !== 'finished');
  return moving.length >= rows ? moving.slice(0, rows) : models.slice(-rows);
}

function filesToShow(models: readonly ModelProgress[], room: number): ReadonlyMap<ModelProgress, readonly FileProgress[]> {
  let left = room;
  return new Map(
    models.map((model) => {
      const files = [...model.activeFiles.values()].slice(0, left);
      left -= files.length;
      return [model, files];
    }),
  );
}

function modelLine(screen: Screen, model: ModelProgress, { nameWidth, nowMs }: { nameWidth: number; nowMs: number }): string {
  const width = screen.columns - 1;
  const percent = percentText(model.way.fraction);
  const room = Math.min(nameWidth, width - 2 - percent.length - 1);
  const name = padEnd(truncate(model.model, room, screen.unicode ? '…' : '~'), room);
  const head = `${stateMark(screen, model)} ${name}`;
  const left = width - displayWidth(head) - percent.length - 1;
  const barWidth = Math.min(BAR_MAX, Math.max(BAR_MIN, left - 1 - TAIL_WIDTH));
  const middle = barWidth < left ? ` ${bar(screen, model.way.fraction, barWidth)}` : '';
  return `${head}${middle} ${percent}${fitting(tailParts(model, nowMs), left - displayWidth(middle))}`;
}

/** In the order in which they are worth their room. */
function tailParts(model: ModelProgress, nowMs: number): readonly string[] {
  if (model.waiting !== undefined) return [model.waiting.text];
  if (model.phase === 'finished') return [formatBytes(model.totalBytes)];
  if (model.phase === 'failed') return [model.error?.code ?? 'failed'];
  const sizes = model.totalBytes === 0 ? [] : [`${formatBytes(model.doneBytes)}/${formatBytes(model.totalBytes)}`];
  return [...(model.phase === 'transferring' ? [] : [model.phase]), ...(MOVES.has(model.phase) ? speedText(model, nowMs) : []), ...sizes];
}

/** In which bytes go by. */
const MOVES: ReadonlySet<ModelProgress['phase']> = new Set(['transferring', 'verifying', 'reading']);

/** As many parts as fit, each after two blanks. */
function fitting(parts: readonly string[], width: number): string {
  let tail = '';
  for (const part of parts) {
    if (displayWidth(tail) + 2 + displayWidth(part) > width) break;
    tail += `  ${part}`;
  }
  return tail;
}

function stateMark(screen: Screen, { phase }: ModelProgress): string {
  if (phase === 'finished') return mark(screen, 'good');
  if (phase === 'failed') return mark(screen, 'bad');
  return mark(screen, phase === 'waiting' ? 'none' : 'soft');
}

function fileLine(screen: Screen, file: FileProgress, nameWidth: number): string {
  const width = screen.columns - 1;
  const percent = percentText(file.sizeBytes > 0 ? file.doneBytes / file.sizeBytes : 0);
  const room = Math.min(nameWidth, Math.max(0, width - 4 - percent.length - 1));
  const name = padEnd(truncate(file.file, room, screen.unicode ? '…' : '~'), room);
  const size = `  ${formatBytes(file.doneBytes)}/${formatBytes(file.sizeBytes)}`;
  const line = `    ${name} ${percent}`;
  return displayWidth(line) + size.length <= width ? line + size : line;
}

const percentText = (fraction: number): string => padStart(`${Math.floor(100 * Math.min(fraction, 1))} %`, 5);
