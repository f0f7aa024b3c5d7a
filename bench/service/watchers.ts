/**
 * A download as a job of the service, with 1,000 watchers of `/v1/events` (in another process, one of which reads nothing) and without any: pairs,
 * in turns. And what waits for the one that is stuck.
 *
 *     npm run build && npx node bench/service/watchers.ts [pairs] [MB] [watchers]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { BIG, bigPlace } from './big-place.ts';
import { firstUrl, serveAt } from './served.ts';

const [pairs = 5, megabytes = 1000, count = 1000] = process.argv.slice(2).map(Number);

const place = await bigPlace(megabytes * 1_000_000);
const { url, child } = await serveAt(place);
let watchers: ChildProcess | undefined;
try {
  await download();
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const alone = await download();
    watchers = spawn(process.execPath, [join(import.meta.dirname, 'many-watchers.ts'), url, String(count)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await firstUrl(watchers);
    const watched = await download();
    watchers.kill('SIGKILL');
    watchers = undefined;
    await sleep(1000);
    ratios.push(watched / alone);
    console.log(`alone ${alone.toFixed(0)} ms, with ${count} watchers ${watched.toFixed(0)} ms`);
  }
  console.log(spreadText(spreadOf(ratios), 'x'));
  judge(`median of a download with ${count} watchers by one without`, spreadOf(ratios).median, { atMost: 1.15, unit: 'x' });
} finally {
  watchers?.kill('SIGKILL');
  child.kill('SIGKILL');
  place.source.kill('SIGKILL');
  place.remove();
}

/** Milliseconds at work, as the job's record has them. */
async function download(): Promise<number> {
  const answer = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'ensure', model: BIG, force: true }),
  });
  const { job } = (await answer.json()) as { readonly job: { readonly id: string } };
  for (;;) {
    const { state, started_at: from, finished_at: to, error } = (await (await fetch(`${url}/v1/jobs/${job.id}`)).json()) as Shown;
    if (state === 'succeeded') return Date.parse(to ?? '') - Date.parse(from ?? '');
    if (state === 'failed') throw new Error(error?.message);
    await sleep(100);
  }
}

interface Shown {
  readonly state: string;
  readonly started_at?: string;
  readonly finished_at?: string;
  readonly error?: { readonly message: string };
}
