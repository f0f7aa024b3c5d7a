import { statfsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { describeOnSmallDisk, smallDisk } from '../support/small-disk.ts';
import { ChaosModel, MODEL } from './chaos-model.ts';

const MIB = 1024 * 1024;
const sizes = { 'model_index.json': 498, 'transformer/a.safetensors': 12 * MIB, 'vae/c.bin': 6 * MIB };
interface ErrorDocument {
  error: {
    code: string;
    hint: string;
    details: { bytes_needed: number; bytes_available: number; shortfall: number; reclaimable?: object };
  };
}

describeOnSmallDisk('a full disk', () => {
  it('before the start: NO_SPACE with what is needed, there and short, before any byte moves', async () => {
    const model = await ChaosModel.start({ sizes, root: await smallDisk(10 * MIB) });
    const run = await model.ensure();
    expect(run.code).toBe(6);
    const { error } = run.json<ErrorDocument>();
    expect(error.code).toBe('NO_SPACE');
    expect(error.details.bytes_needed).toBe(model.totalBytes);
    expect(error.details.bytes_available).toBeLessThanOrEqual(10 * MIB);
    expect(error.details.shortfall).toBe(error.details.bytes_needed - error.details.bytes_available);
    expect(error.hint).toContain('wan models gc');
    expect(model.server.requests).toEqual([]);
    expect(await checkInvariants(model.root)).toEqual([]);
  });

  it('in the middle: NO_SPACE, held pieces kept, state readable; it completes once there is room', async () => {
    const root = await smallDisk(40 * MIB);
    const model = await ChaosModel.start({ sizes, root });
    model.server.bytesPerSecond = 6_000_000;
    const running = model.ensure();
    while (model.server.sentBytes() < 4 * MIB) await new Promise((resolve) => setTimeout(resolve, 10));
    const ballast = join(root, '..', 'ballast');
    const { bavail, bsize } = statfsSync(root);
    fill(ballast, bavail * bsize - 2 * MIB);
    const run = await running;
    expect(run.code, run.stdout).toBe(6);
    const { error } = run.json<ErrorDocument>();
    expect(error.code).toBe('NO_SPACE');
    expect(error.details.shortfall).toBeGreaterThan(0);
    expect(error.details.reclaimable).toMatchObject({ orphan: 0, models: 0 });
    expect(error.hint).toContain('it goes on where it stopped; `wan models du` finds nothing here that could go');
    const status = await model.run(['models', 'status', MODEL, '--json']);
    expect(status.stdout).toContain('"PARTIAL"');
    expect(await checkInvariants(model.root)).toEqual([]);
    await rm(ballast);
    model.server.requests.length = 0;
    model.server.bytesPerSecond = Number.POSITIVE_INFINITY;
    expect((await model.ensure()).code).toBe(0);
    expect(model.server.sentBytes(), 'pieces held before are not fetched again').toBeLessThan(model.totalBytes - 2 * MIB);
    expect(await checkInvariants(model.root)).toEqual([]);
  });
});

function fill(path: string, bytes: number): void {
  writeFileSync(path, Buffer.alloc(Math.max(0, bytes)));
}
