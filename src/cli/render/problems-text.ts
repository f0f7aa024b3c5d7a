import type { ManifestProblem } from '../../registry/manifest-problem.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';

/** `file:line:column code message (hint)`, one a line: editors and terminals make the place a link. */
export const problemsText = (screen: Screen, problems: readonly ManifestProblem[]): string =>
  problems.map((problem) => problemLine(screen, problem)).join('\n');

function problemLine(screen: Screen, { file, line, column, code, message, hint }: ManifestProblem): string {
  const note = hint === undefined ? '' : paint(screen, 'dim', ` (${hint})`);
  return `${paint(screen, 'bold', `${file}:${line}:${column}`)} ${paint(screen, 'red', code)} ${message}${note}`;
}
