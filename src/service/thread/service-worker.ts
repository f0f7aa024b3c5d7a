/** Entry of a worker thread: the service on its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadConfig } from '../../config/load-config.ts';
import { asModelError } from '../../domain/errors.ts';
import { beat } from '../../util/heartbeat.ts';
import type { FromThread, ThreadData } from './protocol.ts';
import { runService } from './run-service.ts';

if (parentPort === null) throw new Error('service-worker runs as a worker thread only');
const port = parentPort;
const { input, version, pulse } = workerData as ThreadData;
const stopBeating = beat(pulse);
try {
  await runService({ config: await loadConfig(input), version, port });
} catch (error) {
  port.postMessage({ type: 'failed', error: JSON.stringify(asModelError(error)) } satisfies FromThread);
} finally {
  stopBeating();
  port.postMessage({ type: 'ended' } satisfies FromThread);
}
