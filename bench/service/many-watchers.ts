/** So many watchers of live events, the first of which reads nothing; says when all are there. */
import { connect } from 'node:net';

const [url = '', count = '1000'] = process.argv.slice(2);
const { hostname, port } = new URL(url);
let there = 0;

for (let index = 0; index < Number(count); index++) {
  const socket = connect(Number(port), hostname);
  socket.write(`GET /v1/events HTTP/1.1\r\nHost: ${hostname}\r\nAccept: text/event-stream\r\n\r\n`);
  const isThere = (): void => {
    if (++there === Number(count)) console.error(`watching ${url}`);
  };
  if (index === 0) socket.pause().once('connect', isThere);
  else socket.once('data', isThere).resume();
}
