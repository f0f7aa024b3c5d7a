import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { FaultServer, inverted, sha256Hex } from '../servers/http/fault-server.ts';
import { flipBit } from '../support/flip-bit.ts';
import { ChaosModel, MODEL, type Ran } from './chaos-model.ts';

const MIB = 1024 * 1024;
const SHARD = 'transformer/a.safetensors';
const sizes = { 'model_index.json': 498, [SHARD]: 3 * MIB, 'vae/c.bin': MIB };

interface ErrorDocument {
  error: { code: string; attempts?: { source: string; file?: string }[]; details?: Record<string, unknown> };
}

const stateOf = (run: Ran): unknown => run.json<{ data: { results: { state: string }[] } }>().data.results[0]?.state;

it('a flipped bit is named by verify, shown by status, and mended by ensure, which moves only that file', async () => {
  const model = await ChaosModel.start({ sizes });
  expect((await model.ensure()).code).toBe(0);
  flipBit(join(model.directory, SHARD), 12345);
  const verify = await model.run(['models', 'verify', MODEL, '--json']);
  expect(verify.code).toBe(5);
  expect(verify.stdout).toContain(SHARD);
  expect(stateOf(await model.run(['models', 'status', MODEL, '--json']))).toBe('CORRUPT');
  model.server.requests.length = 0;
  expect((await model.ensure()).code).toBe(0);
  expect(model.server.sentBytes()).toBe(3 * MIB);
  expect([...new Set(model.server.requests.map((request) => request.path))]).toEqual([SHARD]);
  expect(stateOf(await model.run(['models', 'status', MODEL, '--json']))).toBe('COMPLETE');
  expect((await model.run(['models', 'verify', MODEL])).code).toBe(0);
  expect(await checkInvariants(model.root)).toEqual([]);
});

it('a blob whose bytes rotted is replaced by the next download of its digest, and every snapshot that links it is healed', async () => {
  const twin = 'i2v-chaos@2.2.0';
  const model = await ChaosModel.start({ sizes, twins: [twin] });
  for (const id of [MODEL, twin]) expect((await model.run(['models', 'ensure', id, '--json'])).code).toBe(0);
  flipBit(join(model.directory, SHARD), 5);
  expect((await model.run(['models', 'verify', MODEL, '--json'])).code).toBe(5);
  expect((await model.ensure()).code).toBe(0);
  for (const id of [MODEL, twin]) {
    const path = join(model.root, 'wan22', id, SHARD);
    expect(readFileSync(path)[5]).toBe(model.contents[SHARD]?.read(5, 1)[0]);
    expect((await model.run(['models', 'verify', id, '--json'])).code, id).toBe(0);
  }
  expect(await checkInvariants(model.root)).toEqual([]);
});

it('wrong bytes from the first source and right ones from the next: success, and the liar is named', async () => {
  const model = await ChaosModel.start({ sizes });
  const { [SHARD]: honest } = model.contents;
  if (honest === undefined) throw new Error('no shard');
  const liar = await FaultServer.start({ files: { ...model.contents, [SHARD]: inverted(honest, 2 * MIB, 3) } });
  model.useSources([liar.url, model.server.url]);
  const run = await model.ensure();
  expect(run.code).toBe(0);
  expect(run.stdout).toContain(liar.url);
  expect(model.server.sentBytes(SHARD)).toBeGreaterThan(0);
  expect(await checkInvariants(model.root)).toEqual([]);
  await liar.stop();
});

it('wrong bytes from every source: CHECKSUM_FAIL with file, digests and attempts, and no model to be seen', async () => {
  const model = await ChaosModel.start({ sizes });
  const { [SHARD]: honest } = model.contents;
  if (honest === undefined) throw new Error('no shard');
  const wrong = inverted(honest, 7, 1);
  model.server.put(SHARD, wrong);
  const other = await FaultServer.start({ files: { ...model.contents, [SHARD]: inverted(honest, MIB, 1) } });
  model.useSources([model.server.url, other.url]);
  const run = await model.ensure();
  expect(run.code).toBe(5);
  const { error } = run.json<ErrorDocument>();
  expect(error).toMatchObject({ code: 'CHECKSUM_FAIL', details: { file: SHARD, expected: sha256Hex(honest) } });
  expect(JSON.stringify(error.details)).toContain(sha256Hex(wrong));
  expect(new Set(error.attempts?.map((attempt) => attempt.source)).size).toBe(2);
  expect(stateOf(await model.run(['models', 'status', MODEL, '--json']))).not.toBe('COMPLETE');
  expect(() => statSync(model.directory)).toThrow('ENOENT');
  expect(await checkInvariants(model.root)).toEqual([]);
  await other.stop();
});
