/** kill -9 at seeded moments until the model is there, over and over; after each kill the promises are checked. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { type ChaosModel, ended, MODEL, seededRandom } from './chaos-model.ts';
import { unreadBytes } from './unread-bytes.ts';

export interface KillLoopOptions {
  readonly seed: number;
  readonly kills: number;
  /** A kill comes at a moment between 0 and this. */
  readonly withinMs: number;
  /** Pieces in flight that one kill may cost. */
  readonly connections: number;
  readonly pieceBytes: number;
}

export interface KillLoopReport {
  readonly kills: number;
  readonly completed: number;
}

export async function killLoop(model: ChaosModel, options: KillLoopOptions): Promise<KillLoopReport> {
  const random = seededRandom(options.seed);
  let [kills, completed] = [0, 0];
  while (kills < options.kills) {
    const run = await untilComplete(model, options, random);
    kills += run.kills;
    completed++;
    await checkFinished(model, { ...options, ...run });
    await rm(model.root, { recursive: true, force: true });
    model.server.requests.length = 0;
  }
  return { kills, completed };
}

interface Completed {
  readonly kills: number;
  /** By the command, over all its runs. What a killed one left in its sockets, it has not read. */
  readonly readBytes: number;
}

async function untilComplete(model: ChaosModel, { withinMs }: KillLoopOptions, random: () => number): Promise<Completed> {
  const { server } = model;
  let readBytes = 0;
  for (let kills = 0; ; kills++) {
    const sentBefore = server.sentBytes();
    const readNow = () => server.sentBytes() - sentBefore - unreadBytes(server.url);
    let readByKilled = 0;
    const child = model.spawn(['models', 'ensure', MODEL, '--json', '--progress', 'none']);
    const end = ended(child);
    const moment = sleep(random() * withinMs, undefined).then(() => {
      // The server is of this thread: it sends nothing between these two lines.
      readByKilled = readNow();
      child.kill('SIGKILL');
    });
    const { code, signal, stdout, stderr } = await end;
    await moment;
    if (signal !== 'SIGKILL') {
      expect(code, `seed run ended badly: ${stdout}${stderr}`).toBe(0);
      return { kills, readBytes: readBytes + readNow() };
    }
    readBytes += readByKilled;
    await checkKilled(model);
  }
}

/** The final path is absent or complete, whatever the moment. */
async function checkKilled(model: ChaosModel): Promise<void> {
  expect(await checkInvariants(model.root)).toEqual([]);
}

async function checkFinished(model: ChaosModel, run: KillLoopOptions & Completed): Promise<void> {
  const { kills, readBytes, connections, pieceBytes } = run;
  const status = await model.run(['models', 'status', MODEL, '--json']);
  expect(status.stdout).toContain('"COMPLETE"');
  expect(await checkInvariants(model.root)).toEqual([]);
  expect(await leftovers(model.root)).toEqual([]);
  const answers = model.server.requests.map(({ path, range, sentBytes }) => `${path} ${range?.first ?? 0}-: ${sentBytes}`);
  expect(readBytes, `${kills} kills; ${answers.join(', ')}`).toBeLessThanOrEqual(model.totalBytes + kills * connections * pieceBytes);
  // The queues hold heads of answers too, and a little moves between a look at them and the kill.
  expect(readBytes).toBeGreaterThan(0.9 * model.totalBytes);
}

/** Partials, staging folders, intents, reservations: none may remain after a success. */
async function leftovers(root: string): Promise<string[]> {
  const folders = ['.tmp', '.trash', '.quarantine', '.state/intents', '.state/reservations', '.state/publish'];
  const names = await Promise.all(
    folders.map(async (folder) =>
      existsSync(join(root, folder)) ? (await readdir(join(root, folder))).map((name) => `${folder}/${name}`) : [],
    ),
  );
  return names.flat().filter((name) => !name.endsWith('.rec'));
}
