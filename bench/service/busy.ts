/**
 * `/health/models` at 200 requests a second, open loop, while downloads keep both cores at work: ensures of one model, anew each time, from a
 * source in another process.
 *
 *     npm run build && npx node bench/service/busy.ts [seconds] [MB]
 */
import { spawn } from 'node:child_process';
import { ModelEnsurer } from '../../src/index.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { BIG, bigPlace } from './big-place.ts';
import { openLoop, quantile, serveAt, WAN } from './served.ts';

const PER_SECOND = 200;
const [seconds = 10, megabytes = 512] = process.argv.slice(2).map(Number);

const place = await bigPlace(megabytes * 1_000_000);
const { url, child } = await serveAt(place);
let isOver = false;
let downloads = 0;
try {
  const orchestrator = await ModelEnsurer.fromConfig({ env: place.env, cwd: place.directory });
  for (const model of place.models) await orchestrator.ensure(model);
  await orchestrator.close();
  await openLoop(`${url}/health/models`, 2, PER_SECOND);
  const busy = keepBusy();
  const times = await openLoop(`${url}/health/models`, seconds, PER_SECOND);
  isOver = true;
  await busy;
  console.log(`while ${downloads} downloads of ${megabytes} MB ran: ${spreadText(spreadOf(times), 'ms')}`);
  judge('p99 of /health/models, 3 models, open loop, under downloads', quantile(times, 0.99), { atMost: 60, unit: 'ms' });
} finally {
  child.kill('SIGKILL');
  place.source.kill('SIGKILL');
  place.remove();
}

async function keepBusy(): Promise<void> {
  while (!isOver) {
    const status = await new Promise((resolve) => {
      const args = [WAN, 'models', 'ensure', BIG, '--force', '--progress', 'none'];
      spawn(process.execPath, args, { cwd: place.directory, env: place.env, stdio: 'ignore' }).once('close', resolve);
    });
    if (status !== 0) throw new Error(`an ensure ended with status ${String(status)}`);
    downloads++;
  }
}
