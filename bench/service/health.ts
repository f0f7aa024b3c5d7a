/**
 * `/health/models` of a service in a process of its own: 3 models of 30 files at 200 requests a second, open loop (each is sent at its
 * moment, whatever came of those before it), then 1,000 models, one request after the other.
 *
 *     npm run build && node bench/service/health.ts [seconds]
 */
import type { ChildProcess } from 'node:child_process';
import { ModelEnsurer } from '../../src/index.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { type BenchPlace, benchPlace } from '../warm/bench-place.ts';
import { openLoop, quantile, serveAt, timeOf } from './served.ts';

const PER_SECOND = 200;
const seconds = Number(process.argv[2] ?? 10);

await using(benchPlace(3, 30), async (url) => {
  await openLoop(url, 2, PER_SECOND);
  const times = await openLoop(url, seconds, PER_SECOND);
  console.log(`3 models, ${PER_SECOND} requests a second: ${spreadText(spreadOf(times), 'ms')}`);
  judge('p99 of /health/models, 3 models, open loop', quantile(times, 0.99), { atMost: 15, unit: 'ms' });
});

await using(benchPlace(1000, 3), async (url) => {
  const times: number[] = [];
  for (let round = 0; round < 21; round++) {
    times.push(await timeOf(url));
    // What was seen is told again for a quarter of a second: each round looks anew.
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  console.log(`1,000 models: ${spreadText(spreadOf(times.slice(1)), 'ms')}`);
  judge('/health/models, 1,000 models, median', spreadOf(times.slice(1)).median, { atMost: 150, unit: 'ms' });
});

async function using(place: BenchPlace, measure: (url: string) => Promise<void>): Promise<void> {
  let child: ChildProcess | undefined;
  try {
    const orchestrator = await ModelEnsurer.fromConfig({ env: place.env, cwd: place.directory });
    for (const model of place.models) await orchestrator.ensure(model);
    await orchestrator.close();
    const served = await serveAt(place);
    child = served.child;
    await measure(`${served.url}/health/models`);
  } finally {
    child?.kill('SIGKILL');
    place.remove();
  }
}
