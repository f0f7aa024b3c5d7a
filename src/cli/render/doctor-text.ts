import type { Check, CheckVerdict } from '../diagnose.ts';
import { mark, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { table } from './table.ts';

const VERDICTS: Readonly<Record<CheckVerdict, Verdict>> = { ok: 'good', warn: 'soft', fail: 'bad' };

/** A line a check, and the next step under each that is not ok. */
export function doctorText(screen: Screen, checks: readonly Check[]): string {
  const lines = table(
    screen,
    [{ title: '' }, { title: 'CHECK' }, { title: 'RESULT' }, { title: 'FOUND', flows: true }],
    checks.map(({ name, verdict, message }) => [mark(screen, VERDICTS[verdict]), name, verdict, message]),
  );
  const hints = checks.flatMap(({ name, verdict, hint }) =>
    verdict === 'ok' || hint === undefined ? [] : [`${paint(screen, 'cyan', 'hint:')} ${name}: ${hint}`],
  );
  return [lines, ...(hints.length > 0 ? ['', ...hints] : [])].join('\n');
}
