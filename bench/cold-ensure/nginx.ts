/** An nginx of our own on loopback, serving one folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';

export interface Nginx {
  readonly url: string;
  /** By name, for a certificate of `localhost`. */
  readonly tlsUrl?: string;
  stop(): Promise<void>;
}

/** PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface NginxOptions {
  readonly certificate?: Certificate | undefined;
  /** Gets a line for each request: the bytes of its body. */
  readonly accessLog?: string;
}

export async function startNginx(scratch: string, folder: string, { certificate, accessLog }: NginxOptions = {}): Promise<Nginx> {
  const [port, tlsPort] = [await freePort(), await freePort()];
  mkdirSync(scratch, { recursive: true });
  const config = join(scratch, 'nginx.conf');
  const listening = `listen 127.0.0.1:${port}; ${certificate === undefined ? '' : tlsLines(tlsPort, certificate)}`;
  const log = accessLog === undefined ? 'off' : `${accessLog} bytes`;
  writeFileSync(config, configOf(scratch, `${listening} root ${folder}; access_log ${log};`));
  const child = spawn('nginx', ['-c', config, '-e', join(scratch, 'error.log')], { stdio: 'ignore' });
  await untilListening(port);
  return {
    url: `http://127.0.0.1:${port}`,
    ...(certificate !== undefined && { tlsUrl: `https://localhost:${tlsPort}` }),
    stop: () => stop(child),
  };
}

const tlsLines = (port: number, { cert, key }: Certificate): string =>
  `listen 127.0.0.1:${port} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key};`;

const configOf = (scratch: string, server: string): string => `
daemon off;
worker_processes 1;
pid ${scratch}/nginx.pid;
events { worker_connections 256; }
http {
  log_format bytes '$body_bytes_sent';
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000;
  client_body_temp_path ${scratch}/body;
  proxy_temp_path ${scratch}/proxy;
  fastcgi_temp_path ${scratch}/fastcgi;
  uwsgi_temp_path ${scratch}/uwsgi;
  scgi_temp_path ${scratch}/scgi;
  server { ${server} }
}
`;

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await answers(port)) return;
    await sleep(50);
  }
  throw new Error(`nginx does not listen on port ${port}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.unref();
    socket.on('connect', () => socket.destroy());
  });
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
