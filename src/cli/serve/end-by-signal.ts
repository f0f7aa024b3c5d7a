/**
 * Ends the process here and now, as the signal does by itself. `process.exit` waits for every thread, and one that hangs in the kernel is waited
 * for as long as the file system hangs.
 */
export function endBySignal(name: NodeJS.Signals): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
