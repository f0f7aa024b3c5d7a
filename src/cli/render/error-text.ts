import type { Attempt, ModelError } from '../../domain/errors.ts';
import { redactText } from '../../observability/redact-text.ts';
import { indentedText } from '../../util/visible-text.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';

/** `error: CODE message`, every attempt, and the next step; what others said in it is made harmless. `ref` where several models were asked for. */
export function errorText(screen: Screen, error: ModelError, ref?: string): string {
  const about = ref === undefined || error.message.includes(ref) ? '' : `${ref}: `;
  const head = `${paint(screen, 'red', 'error:')} ${paint(screen, 'bold', error.code)} ${harmless(`${about}${error.message}`)}`;
  const attempts = (saysAll(error) ? [] : error.attempts).map((attempt) => `  - ${harmless(attemptText(attempt, error.details.file))}`);
  return [head, ...attempts, `${paint(screen, 'cyan', 'hint:')} ${harmless(error.hint)}`].join('\n');
}

/** Of one attempt the message may have told all. */
const saysAll = ({ message, attempts }: ModelError): boolean => {
  const [only, ...others] = attempts;
  return only !== undefined && others.length === 0 && (only.times ?? 1) === 1 && message.includes(only.message);
};

/** The stack, for `--log-level debug`. */
export const stackText = (screen: Screen, error: Error): string => paint(screen, 'dim', harmless(stackOf(error)));

const harmless = (text: string): string => indentedText(redactText(text), '  ');

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own;
}

/** @param known the file that the whole error is about */
function attemptText({ source, file, code, message, times = 1 }: Attempt, known: unknown): string {
  const where = file === undefined || file === known ? source : `${source} ${file}`;
  // Many messages begin with their source.
  const what = message.startsWith(`${source}: `) ? message.slice(source.length + 2) : message;
  return `${where}: ${code} ${what}${times === 1 ? '' : ` (${times} times)`}`;
}
