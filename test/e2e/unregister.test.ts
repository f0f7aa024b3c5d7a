/** `rm` of a model that only the registry has. */
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { modelFixture } from '../support/model-fixture.ts';
import { uploadModel } from '../support/upload-model.ts';

const LORA = 'my-lora@1.0.0';

it('says that the entry of an uploaded model stays, and which command takes that too', async () => {
  const world = await modelFixture({ files: { 'model_index.json': '{}' } });
  await using here = await world.orchestrator();
  await uploadModel(here, LORA, { files: { 'lora.bin': 'bytes' } });
  const listed = async () => (await world.cli(['models', 'list'])).stdout;
  expect(await listed()).toContain(LORA);

  const removed = await world.cli(['models', 'rm', LORA]);
  expect(removed).toMatchObject({
    code: 0,
    stdout: `+ removed ${LORA}: 5 B freed; its entry in the registry stays (\`wan models rm ${LORA} --unregister\`)\n`,
  });
  expect(await listed()).toContain(LORA);

  const gone = await world.cli(['models', 'rm', LORA, '--unregister', '--json']);
  expect(gone.code).toBe(0);
  expect(gone.json<{ data: { results: object[] } }>().data.results).toEqual([expect.not.objectContaining({ registered: true })]);
  expect(await listed()).not.toContain(LORA);
  expect((await world.cli(['models', 'rm', LORA])).code).toBe(3);
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
});

it('takes no model of the manifest out of a registry', async () => {
  const world = await modelFixture({ files: { 'model_index.json': '{}' } });
  const [model = ''] = (await world.cli(['models', 'list', '--json']))
    .json<{ data: { models: { model_id: string }[] } }>()
    .data.models.map(({ model_id: id }) => id);
  const refused = await world.cli(['models', 'rm', model, '--unregister', '--json']);
  expect(refused.code).toBe(2);
  expect(refused.json<{ error: object }>().error).toMatchObject({ reason: 'model_of_manifest' });
});
