/** Requirement 9: fast downloads, as far as HTTP and local sources show it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';

describe('requirement 9', () => {
  it('9.3 files that no allow_pattern matches are skipped, and cost no byte', async () => {
    const files = {
      'model_index.json': '{}',
      'unet/model.safetensors': seeded(5000, 1),
      'unet/model.bin': seeded(6000, 2),
      'README.md': '# read me',
    };
    const world = await modelFixture({ files, sources: ['http'], keys: { allow_patterns: ['*.safetensors', '*.json'] } });
    const orchestrator = await world.orchestrator();
    expect(await orchestrator.estimateDownloadSize(MODEL)).toBe(5002);
    const path = await orchestrator.ensure(MODEL);
    expect((await readdir(path)).sort()).toEqual(['.verified.json', 'model_index.json', 'unet']);
    expect(await readdir(join(path, 'unet'))).toEqual(['model.safetensors']);
    expect(new Set(world.server().requests.map((request) => request.path))).toEqual(
      new Set([`${MODEL}/model_index.json`, `${MODEL}/unet/model.safetensors`]),
    );
  });
});
