/** Entry of a worker thread: a lane on its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { LaneHost, type LaneSetup } from './lane-host.ts';
import type { LaneCommand } from './lane-protocol.ts';

if (parentPort === null) throw new Error('transfer-worker runs as a worker thread only');
const port = parentPort;
const host = new LaneHost(workerData as LaneSetup, (event) => port.postMessage(event));
port.on('message', (command: LaneCommand) => host.handle(command));
port.on('messageerror', (error) => {
  throw error;
});
