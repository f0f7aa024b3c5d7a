/**
 * A real Xet storage on loopback: the server that xet-core tests its own client against (Apache-2.0). It takes minutes to build (Rust 1.95
 * was used, 10 MB come out), so neither `npm test` nor CI does; where it is missing, whoever wants it skips and says so.
 *
 *     cargo install xet-client --version 1.8.0 --features simulation --bin local_cas_server --locked --root ~/.cache/wan-models-ci/xet-client-1.8.0
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { answering } from '../../support/answering.ts';
import { freePort } from '../../support/free-port.ts';
import { HUB_PYTHON, pythonOutput } from '../../support/hub-client.ts';

const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const LOCAL_CAS = join(cacheHome, 'wan-models-ci', 'xet-client-1.8.0', 'bin', 'local_cas_server');
const UPLOAD = join(import.meta.dirname, '../../support/upload-xet.py');

/** What a real Xet storage needs and this machine has not. */
export const missingForXet = (): readonly string[] => [LOCAL_CAS, HUB_PYTHON].filter((program) => !existsSync(program));

export class LocalCas {
  /** @param folder where it keeps what it is given; the objects lie in `xorbs/default.HASH`, as they are sent */
  static async start(folder: string): Promise<LocalCas> {
    const port = await freePort();
    const server = spawn(LOCAL_CAS, ['--data-directory', folder, '--port', String(port)], { stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = once(server, 'exit');
    const stop = async () => {
      server.kill('SIGKILL');
      await ended;
    };
    const url = `http://127.0.0.1:${port}`;
    await answering(`${url}/health`, () => server.exitCode !== null).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return new LocalCas(url, stop);
  }

  readonly url: string;
  readonly stop: () => Promise<void>;

  private constructor(url: string, stop: () => Promise<void>) {
    this.url = url;
    this.stop = stop;
  }

  /** As the Hub's client uploads them. @param home of that client, for its logs and caches @returns path -> Xet hash */
  async upload(paths: readonly string[], home: string): Promise<ReadonlyMap<string, string>> {
    const hashes = JSON.parse(await pythonOutput(UPLOAD, [this.url, ...paths], home)) as Readonly<Record<string, string>>;
    return new Map(Object.entries(hashes));
  }
}
