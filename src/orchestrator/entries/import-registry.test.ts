import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import { checkInvariants } from '../../compose.ts';

const older = {
  models: {
    [MODEL]: { model_id: MODEL, model_type: 'text-to-video', status: 'available', description: 'the old words' },
    gpt2: { model_id: 'gpt2', model_type: 'llm', status: 'available', size_bytes: 5 },
  },
};

async function world(registry?: object | string) {
  const made = await modelFixture({ files: { 'a.bin': 'some bytes' } });
  const file = join(made.directory, 'model_registry.json');
  const text = typeof registry === 'string' ? registry : JSON.stringify(registry ?? older);
  await writeFile(file, text);
  return { made, file, text };
}

describe('an older registry', () => {
  it('is taken over: noted of models of the manifest, registered otherwise; its word on what is here is not believed', async () => {
    const { made, file, text } = await world();
    const orchestrator = await made.orchestrator();
    const report = await orchestrator.importRegistry(file);
    expect(report.entries.map(({ modelId, outcome, saidStatus }) => [modelId, outcome, saidStatus])).toEqual([
      [MODEL, 'annotated', 'available'],
      ['gpt2@1.0.0', 'registered', 'available'],
    ]);
    expect((await orchestrator.importRegistry(file)).entries.map(({ outcome }) => outcome)).toEqual(['kept', 'kept']);
    expect(await readFile(file, 'utf8')).toBe(text);
    const service = await testService(made);
    const shown = async (id: string) => (await service.ask(`/v1/models/${id}`)).json();
    expect(await shown(MODEL)).toMatchObject({ status: 'pending', description: 'the old words', custom: false });
    expect(await shown('gpt2')).toMatchObject({
      status: 'pending',
      type: 'text-generation',
      custom: true,
      metadata: { imported: { size_bytes: 5 } },
    });
    expect(await checkInvariants(made.modelsRoot)).toEqual([]);
  });

  it('in the place of the registry is converted when the service starts, and kept beside it', async () => {
    const { made, file, text } = await world();
    const service = await testService(made, { env: { MODEL_REGISTRY_FILE: file } });
    expect((await service.ask('/v1/models?custom=true')).json<{ total: number }>().total).toBe(1);
    expect(await readFile(`${file}.older`, 'utf8')).toBe(text);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      schema: 'wan.registry/v1',
      models: { 'gpt2@1.0.0': { custom: true } },
    });
    expect(existsSync(`${file}.older-2`)).toBe(false);
  });

  it.each(['{"models": {"a": {"tags": 7}, "b": {}}}', '{"a": {"description": "x\\u202ey"}}', 'no JSON', '{"a": 1}'])(
    'that is half broken or hostile is refused, and nothing is changed: %s',
    async (broken) => {
      const { made, file } = await world(broken);
      const orchestrator = await made.orchestrator();
      await expect(orchestrator.importRegistry(file)).rejects.toMatchObject({ code: 'MANIFEST_INVALID', reason: 'registry_invalid' });
      expect(await orchestrator.entries()).toEqual([]);
      const service = await testService(made, { env: { MODEL_REGISTRY_FILE: file } });
      expect((await service.ask('/v1/models')).status).toBe(500);
      expect([await readFile(file, 'utf8'), existsSync(`${file}.older`)]).toEqual([broken, false]);
    },
  );

  it('is taken over by the command, too', async () => {
    const { made, file } = await world();
    const { code, json } = await made.cli(['registry', 'import', file, '--json']);
    expect([code, json().data.models]).toEqual([
      0,
      [expect.objectContaining({ id: MODEL }), expect.objectContaining({ id: 'gpt2@1.0.0' })],
    ]);
    const missing = await made.cli(['registry', 'import', join(made.directory, 'nowhere.json')]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('there is no registry at')]);
    const folder = await made.cli(['registry', 'import', made.directory]);
    expect([folder.code, folder.stderr]).toEqual([2, expect.stringContaining('is a folder')]);
    expect(missing.stderr + folder.stderr).not.toContain('manifest at');
  });
});
