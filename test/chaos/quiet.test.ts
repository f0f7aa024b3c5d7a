import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { census } from '../support/census.ts';
import { ChaosModel, ended, MODEL } from './chaos-model.ts';

const MIB = 1024 * 1024;
const sizes = { 'model_index.json': 498, 'transformer/a.safetensors': 4 * MIB, 'vae/c.bin': MIB };
const SOCKET_GUARD = join(import.meta.dirname, 'socket-guard.mjs');

const QUIET = [
  ['models', 'status'],
  ['models', 'status', MODEL, '--json'],
  ['models', 'check'],
  ['models', 'plan', MODEL],
  ['models', 'ensure', MODEL, '--dry-run'],
  ['models', 'ensure', MODEL, '--dry-run', '--force', '--json'],
  ['models', 'list'],
  ['models', 'show', MODEL],
  ['models', 'pins'],
  ['models', 'gc', '--dry-run'],
  ['models', 'gc', '--max-size', '1', '--free', '1T', '--older-than', '1s', '--dry-run', '--json'],
  ['models', 'validate'],
  ['models', 'locks'],
  ['models', 'du'],
  ['models', 'repair', MODEL, '--dry-run'],
  ['models', 'rebuild', '--dry-run'],
];

it('verbs that only look change nothing on disk: no name, size, mode, mtime or ctime', async () => {
  const model = await ChaosModel.start({ sizes });
  const interrupted = model.spawn(['models', 'ensure', MODEL]);
  const end = ended(interrupted);
  model.server.bytesPerSecond = 1_000_000;
  await new Promise((resolve) => setTimeout(resolve, 700));
  interrupted.kill('SIGKILL');
  await end;
  for (const state of ['partial', 'complete']) {
    const before = census(model.root);
    for (const args of QUIET) {
      const { code, stderr } = await model.run(args);
      expect([0, 10], `${args.join(' ')}: ${stderr}`).toContain(code);
      expect(census(model.root), `${state}: ${args.join(' ')}`).toEqual(before);
    }
    model.server.bytesPerSecond = Number.POSITIVE_INFINITY;
    expect((await model.ensure()).code).toBe(0);
  }
});

it('a complete model is ensured without opening a socket, with --offline and without', async () => {
  const model = await ChaosModel.start({ sizes });
  const guard = { NODE_OPTIONS: `--import ${SOCKET_GUARD}` };
  const cold = await model.run(['models', 'ensure', MODEL], guard);
  expect(cold.code, 'the guard sees the sockets of a cold ensure').toBe(99);
  expect((await model.ensure()).code).toBe(0);
  for (const flags of [['--offline'], []]) {
    const warm = await model.run(['models', 'ensure', MODEL, ...flags], guard);
    expect(warm.code, warm.stderr).toBe(0);
  }
});

it('--offline without the model says OFFLINE, opens no socket, and exits 4', async () => {
  const model = await ChaosModel.start({ sizes });
  const run = await model.run(['models', 'ensure', MODEL, '--offline', '--json'], { NODE_OPTIONS: `--import ${SOCKET_GUARD}` });
  expect([run.code, run.json<{ error: { code: string } }>().error.code]).toEqual([4, 'OFFLINE']);
  expect(model.server.requests).toEqual([]);
});

it('Ctrl-C once: exit 130, held pieces kept, and the line that resumes', async () => {
  const model = await ChaosModel.start({ sizes });
  model.server.bytesPerSecond = 3_000_000;
  const child = model.spawn(['models', 'ensure', MODEL, '--progress', 'none']);
  const end = ended(child);
  while (model.server.sentBytes() < MIB) await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGINT');
  const run = await end;
  expect(run.code).toBe(130);
  expect(run.stderr).toContain(`wan models ensure ${MODEL}`);
  model.server.bytesPerSecond = Number.POSITIVE_INFINITY;
  model.server.requests.length = 0;
  expect((await model.ensure()).code).toBe(0);
  expect(model.server.sentBytes()).toBeLessThan(model.totalBytes);
  expect(await checkInvariants(model.root)).toEqual([]);
});
