/** Entry of a cast thread. */
import { parentPort } from 'node:worker_threads';
import type { CastJob } from './cast-protocol.ts';
import { runJob } from './run-job.ts';

if (parentPort === null) throw new Error('cast-worker runs as a worker thread only');
const port = parentPort;
port.on('message', (job: CastJob) => port.postMessage(runJob(job)));
