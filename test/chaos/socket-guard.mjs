// Preloaded by tests: whoever opens a client socket, in any thread, ends the process with status 99.
import { subscribe } from 'node:diagnostics_channel';

subscribe('net.client.socket', () => {
  process._rawDebug('a socket was opened');
  process.reallyExit(99);
});
