import { constants } from 'node:os';

/**
 * Ends the process here and now, as the signal does by itself. `process.exit` waits for every thread, and one that hangs in the kernel is waited
 * for as long as the file system hangs; only the first process of a container, which no signal ends by itself, has nothing else.
 */
export function endBySignal(name: NodeJS.Signals): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
  process.exit(128 + constants.signals[name]);
}
