/** Requirement 13: library and command as others build on them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS } from '../../src/documents/all-documents.ts';
import type { ModelEvent } from '../../src/domain/events.ts';
import { seeded, status } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';

const files = {
  'model_index.json': '{}',
  'unet/bf16.safetensors': { content: seeded(5000, 1), keys: { variants: ['bf16'] } },
  'unet/fp16.safetensors': { content: seeded(6000, 2), keys: { variants: ['fp16'] } },
};
const fixture = { files, keys: { variants: ['fp16', 'bf16'] } };

describe('requirement 13', () => {
  it('13.1 ensure(id) and ensure(id, { variant }) resolve to the path of a ready directory', async () => {
    const world = await modelFixture(fixture);
    const orchestrator = await world.orchestrator();
    expect(await orchestrator.ensure(MODEL)).toBe(world.modelDir());
    const path = await orchestrator.ensure(MODEL, { variant: 'bf16' });
    expect(path).toBe(world.modelDir(`${MODEL}@bf16`));
    expect(await readFile(join(path, 'unet/bf16.safetensors'))).toHaveLength(5000);
  });

  it('13.1 a signal stops the work at whatever moment, and it can be taken up again', async () => {
    const world = await modelFixture({ ...fixture, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    const moments = ['before', 'ensure.started', 'ensure.planned', 'ensure.phase', 'file.started', 'file.finished'];
    for (const moment of moments) {
      const stop = new AbortController();
      if (moment === 'before') stop.abort();
      const onEvent = ({ type }: ModelEvent): void => {
        if (type === moment) stop.abort();
      };
      await expect(orchestrator.ensure(MODEL, { signal: stop.signal, onEvent }), moment).rejects.toMatchObject({ code: 'CANCELLED' });
    }
    expect(await orchestrator.ensure(MODEL)).toBe(world.modelDir());
  });

  it('13.1 progress is told up to the whole', async () => {
    const world = await modelFixture({ ...fixture, sources: ['http'] });
    const told: number[] = [];
    await (await world.orchestrator()).ensure(MODEL, { onProgress: ({ doneBytes, totalBytes }) => told.push(totalBytes - doneBytes) });
    expect(told.at(-1)).toBe(0);
  });

  it('13.2 status is structured: state, missing files, bytes needed', async () => {
    const world = await modelFixture({ ...fixture, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    expect(await orchestrator.status(MODEL)).toMatchObject({
      state: 'NOT_PRESENT',
      missingFiles: ['model_index.json', 'unet/fp16.safetensors'],
      bytesNeeded: 6002,
      totalBytes: 6002,
    });
    await orchestrator.ensure(MODEL, { include: ['*.json'] });
    expect(await orchestrator.status(MODEL)).toMatchObject({
      state: 'PARTIAL',
      missingFiles: ['unet/fp16.safetensors'],
      bytesNeeded: 6000,
    });
    await orchestrator.ensure(MODEL);
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE', missingFiles: [], bytesNeeded: 0 });
  });

  it('13.3 verbs speak to people and, with --json, in one document to programs', async () => {
    const world = await modelFixture(fixture);
    const verbs = [['ensure', MODEL], ['status'], ['plan', MODEL], ['verify', MODEL]];
    for (const verb of verbs) {
      const [human, json] = await Promise.all([world.cli(['models', ...verb]), world.cli(['models', ...verb, '--json'])]);
      expect([human.code, json.code], verb.join(' ')).toEqual([0, 0]);
      expect(human.stdout.trim().length, verb.join(' ')).toBeGreaterThan(0);
      expect(() => JSON.parse(human.stdout)).toThrow();
      expect(json.json()).toMatchObject({ schema: `wan.models.${verb[0]}/v1`, ok: true });
    }
  });

  it.each([
    ['an unknown model', ['ensure', 'nothing@1.0.0'], 3, 'MODEL_NOT_FOUND'],
    ['an id that is none', ['status', 'a@b@c@d'], 2, 'INVALID_MODEL_ID'],
    ['an unknown verb', ['ensur'], 2, 'INVALID_INPUT'],
    ['an unknown option', ['ensure', MODEL, '--varient', 'x'], 2, 'INVALID_INPUT'],
    ['a source that fails', ['ensure', MODEL], 4, 'SOURCE_UNAVAILABLE'],
  ])('13.4 %s ends with its own exit status and a clear message', async (_, args, exit, code) => {
    const world = await modelFixture({ ...fixture, sources: ['http'] });
    world.server().fault('*', status(404));
    const human = await world.cli(['models', ...args]);
    expect(human.code).toBe(exit);
    expect(human.stderr).toMatch(new RegExp(`^error: ${code} .+`, 'm'));
    expect(human.stderr).toMatch(/^hint: .+/m);
    expect(human.stderr).not.toMatch(/\n +at /);
    const json = await world.cli(['models', ...args, '--json']);
    expect([json.code, json.json().ok, json.json().error.code]).toEqual([exit, false, code]);
  });

  it('13.6 every document is what its published schema says, on success and on failure', async () => {
    const world = await modelFixture(fixture);
    const lines = [
      ['ensure', MODEL],
      ['status'],
      ['check'],
      ['list'],
      ['show', MODEL],
      ['path', MODEL],
      ['plan', MODEL],
      ['verify', MODEL],
      ['validate'],
      ['rm', MODEL],
      ['ensure', 'nothing@1.0.0'],
    ];
    for (const line of lines) {
      const value = (await world.cli(['models', ...line, '--json'])).json<{ schema: string }>();
      expect(DOCUMENTS[value.schema]?.parse(value), line.join(' ')).toEqual(value);
      const published = new URL(`../../schemas/${value.schema.replace('/', '.')}.json`, import.meta.url);
      expect(JSON.parse(await readFile(published, 'utf8')).title).toBe(value.schema);
    }
  });
});
