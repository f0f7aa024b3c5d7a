/**
 * What a service pays that keeps one orchestrator open: `ensure` of a complete model of 30 files, `status` of three of them.
 *
 *     node bench/warm/in-process.ts
 */
import { ModelEnsurer } from '../../src/index.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { benchPlace } from './bench-place.ts';

const ROUNDS = 201;
const place = benchPlace(3, 30);
try {
  const orchestrator = await ModelEnsurer.fromConfig({ env: place.env, cwd: place.directory });
  for (const model of place.models) await orchestrator.ensure(model);
  const [model = ''] = place.models;

  const ensureMs = spreadOf(await timesOf(() => orchestrator.ensure(model)));
  const statusMs = spreadOf(await timesOf(() => Promise.all(place.models.map((id) => orchestrator.status(id)))));
  await orchestrator.close();

  console.log(`warm ensure, 30 files: ${spreadText(ensureMs, 'ms')}`);
  console.log(`status of 3 models, 30 files each: ${spreadText(statusMs, 'ms')}`);
  judge('warm ensure in process, median', ensureMs.median, { atMost: 2, unit: 'ms' });
  judge('status of 3 models in process, median', statusMs.median, { atMost: 20, unit: 'ms' });
} finally {
  place.remove();
}

async function timesOf(act: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    await act();
    times.push(performance.now() - startedMs);
  }
  return times;
}
