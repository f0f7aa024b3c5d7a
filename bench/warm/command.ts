/**
 * `wan models ensure X` of a complete model of 30 files against bare `node -e 0`: whole processes, in interleaved pairs that take
 * turns in going first.
 *
 *     npm run build && node bench/warm/command.ts [pairs]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { benchPlace } from './bench-place.ts';

const WAN = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');
const pairs = Number(process.argv[2] ?? 41);
const place = benchPlace(1, 30);
try {
  const ensure = [WAN, 'models', 'ensure', ...place.models];
  // The first makes the model, the second the compile cache of the way that is measured.
  timeOf(ensure);
  timeOf(ensure);

  const measured = Array.from({ length: pairs }, (_, index) => pairOf(ensure, index % 2 === 0));
  const ratio = spreadOf(measured.map(({ wanMs, nodeMs }) => wanMs / nodeMs));
  console.log(`node -e 0: ${spreadText(spreadOf(measured.map(({ nodeMs }) => nodeMs)), 'ms')}`);
  console.log(`wan models ensure: ${spreadText(spreadOf(measured.map(({ wanMs }) => wanMs)), 'ms')}`);
  console.log(`ratio within a pair: ${spreadText(ratio, 'x')}`);
  judge('warm command against node -e 0, median of the pairs', ratio.median, { atMost: 1.6, unit: 'x' });
} finally {
  place.remove();
}

function pairOf(ensure: readonly string[], wanFirst: boolean): { wanMs: number; nodeMs: number } {
  if (wanFirst) {
    const wanMs = timeOf(ensure);
    return { wanMs, nodeMs: timeOf(['-e', '0']) };
  }
  const nodeMs = timeOf(['-e', '0']);
  return { wanMs: timeOf(ensure), nodeMs };
}

function timeOf(args: readonly string[]): number {
  const startedMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: place.directory, env: place.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const wallMs = performance.now() - startedMs;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return wallMs;
}
