import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { flipBit } from '../support/flip-bit.ts';
import { ChaosModel, ended, MODEL, seededRandom } from './chaos-model.ts';

const MIB = 1024 * 1024;
const SHARD = 'transformer/a.safetensors';
const BAD_BYTES = 16 * MIB;
const TWIN = 'i2v-chaos@2.2.0';
const REPAIR = ['models', 'repair', MODEL, '--json', '--progress', 'none'];

/** Two models that share a file of three pieces, the middle one of which is bad. */
async function damaged(): Promise<ChaosModel> {
  const model = await ChaosModel.start({ sizes: { [SHARD]: 36 * MIB, 'vae/c.bin': MIB }, twins: [TWIN], pieceBytes: MIB });
  for (const id of [MODEL, TWIN]) expect((await model.run(['models', 'ensure', id, '--json'])).code).toBe(0);
  expect((await model.run(['models', 'verify', MODEL, '--json'])).code).toBe(0);
  flipBit(join(model.directory, SHARD), 20 * MIB);
  model.server.requests.length = 0;
  return model;
}

async function expectMended(model: ChaosModel): Promise<void> {
  expect(await checkInvariants(model.root)).toEqual([]);
  for (const id of [MODEL, TWIN]) {
    expect((await model.run(['models', 'check', id, '--json'])).code, id).toBe(0);
    const bytes = readFileSync(join(model.root, 'wan22', id, SHARD));
    expect(bytes.equals(Buffer.from(model.contents[SHARD]?.read(0, 36 * MIB) ?? [])), id).toBe(true);
  }
  expect(readdirSync(join(model.root, '.quarantine'))).toHaveLength(1);
  const debris = ['.tmp', '.trash', '.state/corrupt', '.state/intents'].flatMap((name) => namesIn(join(model.root, name)));
  expect(debris.filter((name) => !name.endsWith('.rec'))).toEqual([]);
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

it('a repair that is killed again and again ends well, and what was fetched or kept is not fetched again', {
  timeout: 120_000,
}, async () => {
  const model = await damaged();
  model.server.bytesPerSecond = 6 * MIB;
  const random = seededRandom(7);
  let kills = 0;
  for (let code: number | null = null; code !== 0; ) {
    const child = model.spawn(REPAIR);
    const run = ended(child);
    if (kills === 5) model.server.bytesPerSecond = Number.POSITIVE_INFINITY;
    else void sleep(300 + random() * 1200).then(() => child.kill('SIGKILL'));
    const { signal, code: status, stderr } = await run;
    if (signal === 'SIGKILL') kills++;
    else expect(status, stderr).toBe(0);
    code = status;
  }
  expect(kills).toBeGreaterThan(2);
  // Each kill costs at most the pieces that were on their way over four connections.
  expect(model.server.sentBytes(SHARD)).toBeLessThanOrEqual(BAD_BYTES + kills * 5 * MIB);
  await expectMended(model);
});

it('two repairs at once, and an ensure of the other model: one fetches, nobody fails', async () => {
  const model = await damaged();
  model.server.bytesPerSecond = 8 * MIB;
  const runs = await Promise.all([model.run(REPAIR), model.run(REPAIR), model.run(['models', 'ensure', TWIN, '--json'])]);
  expect(runs.map(({ code, stdout }) => (code === 0 ? 0 : stdout))).toEqual([0, 0, 0]);
  expect(model.server.sentBytes(SHARD)).toBeLessThan(BAD_BYTES + MIB);
  await expectMended(model);
});
