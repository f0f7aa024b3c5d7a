/** A real nginx on loopback that serves one folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.ts';
import { tempDir } from './temp-dir.ts';

export interface Nginx {
  /** Without a slash at the end. */
  readonly url: string;
  /** Bytes of bodies sent so far, by path. */
  bytesSent(): Promise<ReadonlyMap<string, number>>;
}

/** Serves `folder` until the test ends. */
export async function startNginx(folder: string): Promise<Nginx> {
  const place = await tempDir();
  const port = await freePort();
  await mkdir(join(place, 'logs'));
  await writeFile(join(place, 'nginx.conf'), configuration({ place, folder, port }));
  const nginx = spawn('nginx', ['-p', place, '-c', join(place, 'nginx.conf'), '-e', join(place, 'logs', 'error.log')], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  onTestFinished(async () => {
    nginx.kill('SIGQUIT');
    if (nginx.exitCode === null) await once(nginx, 'exit');
  });
  await answering(port);
  return {
    url: `http://127.0.0.1:${port}`,
    bytesSent: async () => sums(await readFile(join(place, 'logs', 'access.log'), 'utf8')),
  };
}

const configuration = ({ place, folder, port }: { place: string; folder: string; port: number }): string => `
daemon off;
worker_processes 1;
user root;
pid ${place}/nginx.pid;
events { worker_connections 256; }
http {
  log_format line '$body_bytes_sent $uri';
  access_log ${place}/logs/access.log line;
  client_body_temp_path ${place}; proxy_temp_path ${place}; fastcgi_temp_path ${place}; uwsgi_temp_path ${place}; scgi_temp_path ${place};
  server { listen 127.0.0.1:${port}; location / { root ${folder}; } }
}
`;

function sums(log: string): Map<string, number> {
  const byPath = new Map<string, number>();
  for (const [, bytes, path = ''] of log.matchAll(/^(\d+) (.*)$/gm)) byPath.set(path, (byPath.get(path) ?? 0) + Number(bytes));
  return byPath;
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await canConnect(port)) return;
    await sleep(25);
  }
  throw new Error('nginx did not start to listen within 5 s');
}

function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
