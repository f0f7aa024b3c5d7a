/** What a server has sent and its clients have not read yet: a busy machine leaves megabytes in the buffers of its sockets. */
import { existsSync, readFileSync } from 'node:fs';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Bytes of all connections to a server on this machine, in either queue; Linux only, 0 elsewhere. Format: proc_net_tcp(5). */
export function unreadBytes(serverUrl: string): number {
  const port = Number(new URL(serverUrl).port);
  return TABLES.filter(existsSync)
    .flatMap((table) => readFileSync(table, 'utf8').trim().split('\n').slice(1))
    .reduce((sum, line) => sum + queued(line, port), 0);
}

function queued(line: string, port: number): number {
  const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
  const [toSend = 0, toRead = 0] = queues.split(':').map((text) => Number.parseInt(text, 16));
  if (portOf(local) === port) return toSend;
  return portOf(remote) === port ? toRead : 0;
}

const portOf = (address: string): number => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
