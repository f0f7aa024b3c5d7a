/** What the command derives against numpy and ml_dtypes, and read by the official reader of safetensors: the versions that .ci/run installs. */
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { safetensorsHeader } from '../../src/formats/safetensors-writer.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { derivedModel, shardPath } from '../support/tiny-weights.ts';

const cacheHome = process.env.XDG_CACHE_HOME || join(process.env.HOME ?? homedir(), '.cache');
const PYTHON = join(cacheHome, 'wan-models-ci', 'numpy-2.4.6', process.platform === 'win32' ? 'Scripts' : 'bin', 'python');
const SCRIPT = join(import.meta.dirname, '..', 'support', 'compare-casts.py');
const ODD = 'dit/odd.safetensors';

/** Every exponent that the format reaches, with significands around ties, both signs; for bf16 infinities and NaN too. */
function oddFloats(maxExponent: number): Buffer {
  const bits: number[] = [];
  for (let exponent = 0; exponent <= maxExponent; exponent++) {
    for (let place = 0; place < 23; place++) {
      for (const around of [-1, 0, 1]) {
        const significand = ((1 << place) + around) & 0x7fffff;
        bits.push(
          (exponent << 23) | significand,
          ((exponent << 23) | significand | 0x80000000) >>> 0,
          (exponent << 23) | (0x7fffff - significand),
        );
      }
    }
  }
  return Buffer.from(Uint32Array.from(bits).buffer);
}

describeWithReal('a derived variant', {
  needs: [PYTHON],
  suite: () => {
    it.each([
      ['bf16', 255],
      ['fp16', 141],
    ])('in %s is what numpy makes of the same weights, to the last bit', async (dtype, maxExponent) => {
      const odd = oddFloats(maxExponent);
      const header = safetensorsHeader([{ name: 'odd', dtype: 'F32', shape: [odd.length / 4] }], { format: 'pt' });
      const model = derivedModel({ shards: 3, elements: 50_000 });
      const world = await modelFixture({
        ...model,
        files: { ...model.files, [ODD]: { content: Buffer.concat([header, odd]), keys: { component: 'dit' } } },
      });
      for (const ref of [MODEL, `${MODEL}@${dtype}`]) {
        const run = await world.cli(['models', 'ensure', ref, '--json']);
        expect(run.code, run.stdout).toBe(0);
      }
      const pairs = [1, 2, 3].map((part) => shardPath(part, 3)).concat(ODD);
      const args = pairs.flatMap((path) => [join(world.modelDir(MODEL), path), join(world.modelDir(`${MODEL}@${dtype}`), path), dtype]);
      const { status, stdout, stderr } = spawnSync(PYTHON, ['-W', 'ignore', SCRIPT, ...args], { encoding: 'utf8' });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    });
  },
});
