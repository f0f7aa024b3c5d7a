import { expect, it } from 'vitest';
import { ChaosModel } from './chaos-model.ts';
import { killLoop } from './kill-loop.ts';

const KIB = 1024;
const sizes = {
  'model_index.json': 498,
  'transformer/a.safetensors': 6000 * KIB,
  'transformer/b.safetensors': 2500 * KIB + 7,
  'vae/c.bin': 300 * KIB,
  'empty.txt': 0,
};

it('killed with SIGKILL at 40 seeded moments, an ensure goes on where it was', async () => {
  const [pieceBytes, connections] = [256 * KIB, 4];
  const model = await ChaosModel.start({ sizes, pieceBytes, connections });
  model.server.bytesPerSecond = 8_000_000;
  const report = await killLoop(model, { seed: 20261122, kills: 40, withinMs: 900, pieceBytes, connections });
  expect(report.kills).toBeGreaterThanOrEqual(40);
});
