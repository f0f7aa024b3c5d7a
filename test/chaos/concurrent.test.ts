import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { ChaosModel, ended, MODEL, type Ran } from './chaos-model.ts';

const MIB = 1024 * 1024;
const sizes = { 'model_index.json': 498, 'transformer/a.safetensors': 5 * MIB, 'transformer/b.safetensors': 3 * MIB + 1, 'vae/c.bin': MIB };

function together(model: ChaosModel, count: number, ...flags: string[]): Promise<Ran[]> {
  const args = ['models', 'ensure', MODEL, '--json', '--progress', 'none', ...flags];
  return Promise.all(Array.from({ length: count }, () => ended(model.spawn(args))));
}

const codes = (runs: readonly Ran[]): (number | null)[] => [...new Set(runs.map((run) => run.code))];

it.each([2, 64])(
  '%i processes ensure the same model at once: each byte is fetched once, and all succeed',
  { timeout: 120_000 },
  async (count) => {
    const model = await ChaosModel.start({ sizes });
    const runs = await together(model, count);
    expect(codes(runs), runs.find((run) => run.code !== 0)?.stdout).toEqual([0]);
    expect(model.server.sentBytes()).toBe(model.totalBytes);
    expect(await checkInvariants(model.root)).toEqual([]);
  },
);

it('two models that share every blob are ensured at once: each byte is fetched once', async () => {
  const twin = 'i2v-chaos@2.2.0';
  const model = await ChaosModel.start({ sizes, twins: [twin] });
  const run = (id: string) => model.run(['models', 'ensure', id, '--json', '--progress', 'none']);
  const runs = await Promise.all([run(MODEL), run(twin), run(MODEL), run(twin)]);
  expect(codes(runs)).toEqual([0]);
  expect(model.server.sentBytes()).toBe(model.totalBytes);
  expect(await checkInvariants(model.root)).toEqual([]);
});

it('one forced fetch serves all who asked before it completed', async () => {
  const model = await ChaosModel.start({ sizes });
  expect((await model.ensure()).code).toBe(0);
  model.server.requests.length = 0;
  // Slow enough that all have asked before the first is done.
  model.server.bytesPerSecond = 2_000_000;
  const runs = await together(model, 6, '--force');
  expect(codes(runs)).toEqual([0]);
  // On a busy machine a range that has fallen silent is asked for again: nowhere near a second fetch.
  expect(model.server.sentBytes()).toBeGreaterThanOrEqual(model.totalBytes);
  expect(model.server.sentBytes()).toBeLessThan(model.totalBytes + MIB);
  model.server.requests.length = 0;
  model.server.bytesPerSecond = Number.POSITIVE_INFINITY;
  expect((await model.ensure('--force')).code).toBe(0);
  expect(model.server.sentBytes(), 'a later one fetches again').toBe(model.totalBytes);
  expect(await checkInvariants(model.root)).toEqual([]);
});

it('a waiter takes over and goes on when the one that it waits for is killed', async () => {
  const model = await ChaosModel.start({ sizes });
  model.server.bytesPerSecond = 2_000_000;
  const first = model.spawn(['models', 'ensure', MODEL, '--json']);
  const firstEnd = ended(first);
  while (model.server.sentBytes() < 3 * MIB) await new Promise((resolve) => setTimeout(resolve, 10));
  const second = model.ensure();
  await new Promise((resolve) => setTimeout(resolve, 400));
  first.kill('SIGKILL');
  await firstEnd;
  model.server.bytesPerSecond = Number.POSITIVE_INFINITY;
  expect((await second).code).toBe(0);
  expect(model.server.sentBytes()).toBeLessThan(model.totalBytes + 2 * MIB);
  expect(await checkInvariants(model.root)).toEqual([]);
});
