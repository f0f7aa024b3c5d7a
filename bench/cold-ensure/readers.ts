/**
 * What reading costs, without hashing or writing: CPU seconds of the client for one GiB over loopback.
 *
 *     node readers.ts            (needs nginx and openssl)
 *
 * Rows: our strict reader on net and on tls with `onread`, undici's dispatch with a handler, node:http(s), fetch. Each row runs in a
 * process of its own; user + system CPU, median of the rounds, since the wall clock of a busy machine says little.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawConnection } from '../../src/transfer/raw-connection.ts';
import { startNginx } from './nginx.ts';

const SIZE = 1024 ** 3;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const READERS = ['raw', 'undici', 'node', 'fetch'] as const;

type Reader = (url: URL) => Promise<number>;

const readers: Record<(typeof READERS)[number], Reader> = {
  raw: (url) =>
    new Promise((resolve, reject) => {
      let bytes = 0;
      const connection = new RawConnection({ url }, { buffer: Buffer.alloc(256 * 1024), usableBytes: () => 256 * 1024 }, () => undefined);
      connection.request(
        { url, headers: {}, first: 0, last: SIZE - 1, sampleBytes: 0 },
        {
          onHead: () => connection.resume(),
          onData: (data) => {
            bytes += data.length;
            return true;
          },
          onEnd: () => {
            connection.destroy();
            resolve(bytes);
          },
          onError: reject,
        },
      );
    }),
  undici: async (url) => {
    const { Client } = await import('undici');
    const client = new Client(url.origin);
    let bytes = 0;
    await new Promise<void>((resolve, reject) => {
      client.dispatch(
        { path: url.pathname, method: 'GET', headers: { range: `bytes=0-${SIZE - 1}` } },
        {
          onRequestStart: () => undefined,
          onResponseStart: () => undefined,
          onResponseData: (_, data) => {
            bytes += data.length;
          },
          onResponseEnd: () => resolve(),
          onResponseError: (_, error) => reject(error),
        },
      );
    });
    await client.close();
    return bytes;
  },
  node: (url) =>
    new Promise((resolve, reject) => {
      let bytes = 0;
      const get = url.protocol === 'https:' ? getHttps : getHttp;
      get(url, (response) => {
        response.on('data', (data: Buffer) => {
          bytes += data.length;
        });
        response.on('end', () => resolve(bytes));
      }).on('error', reject);
    }),
  fetch: async (url) => {
    let bytes = 0;
    for await (const data of (await fetch(url)).body ?? []) bytes += data.length;
    return bytes;
  },
};

const [name, url] = process.argv.slice(2);
if (name === undefined) await compare();
else await measure(name as (typeof READERS)[number], new URL(url ?? ''));

async function measure(reader: (typeof READERS)[number], from: URL): Promise<void> {
  const before = process.cpuUsage();
  const bytes = await readers[reader](from);
  const { user, system } = process.cpuUsage(before);
  if (bytes !== SIZE) throw new Error(`${reader} read ${bytes} bytes`);
  console.log(JSON.stringify({ cpu: (user + system) / 1e6, rss: process.resourceUsage().maxRSS / 1024 }));
}

async function compare(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'wan-readers-'));
  execFileSync('chmod', ['755', scratch]);
  const file = join(scratch, 'file');
  closeSync(openSync(file, 'w'));
  truncateSync(file, SIZE);
  const key = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
  ];
  execFileSync('openssl', [...key, '-keyout', join(scratch, 'key.pem'), '-out', join(scratch, 'cert.pem')], { stdio: 'ignore' });
  const nginx = await startNginx(join(scratch, 'nginx'), scratch, {
    certificate: { cert: join(scratch, 'cert.pem'), key: join(scratch, 'key.pem') },
  });
  try {
    console.log('reader  scheme  CPU s/GiB (median of', ROUNDS, 'rounds; min-max)  RSS MB');
    const targets = [nginx.url, nginx.tlsUrl ?? ''];
    const rows = targets.flatMap((base) => READERS.map((reader) => ({ reader, base, runs: [] as { cpu: number; rss: number }[] })));
    for (let round = 0; round < ROUNDS; round++) for (const row of rows) row.runs.push(runOnce(row.reader, `${row.base}/file`, scratch));
    for (const row of rows) console.log(line(row));
  } finally {
    await nginx.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function runOnce(reader: string, from: string, scratch: string): { cpu: number; rss: number } {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(scratch, 'cert.pem') };
  const { stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, reader, from], { env, encoding: 'utf8' });
  if (stdout === '') throw new Error(`${reader} ${from}: ${stderr}${readFileSync(join(scratch, 'nginx', 'error.log'), 'utf8')}`);
  return JSON.parse(stdout) as { cpu: number; rss: number };
}

function line({ reader, base, runs }: { reader: string; base: string; runs: { cpu: number; rss: number }[] }): string {
  const cpu = runs.map((run) => run.cpu).sort((a, b) => a - b);
  const at = (index: number) => (cpu[index] ?? 0).toFixed(2);
  const rss = Math.round(Math.max(...runs.map((run) => run.rss)));
  const scheme = base.startsWith('https') ? 'https' : 'http';
  return `${reader.padEnd(8)}${scheme.padEnd(8)}${at(cpu.length >> 1)} (${at(0)}-${at(cpu.length - 1)})  ${rss}`;
}
