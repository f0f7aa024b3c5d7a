import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { TOKENIZER } from '../../test/support/tokenizer/token-counts.ts';
import { promptProblem } from './check-prompt.ts';
import { loadPlan } from './load-plan.ts';
import { readTokenCounter } from './token-counter.ts';

const PATH = 'google/umt5-xxl/tokenizer.json';
const LONG = 'A cat walks on the beach at sunset. '.repeat(40).trim();

const promptWorld = () =>
  modelFixture({
    files: { 'config.json': '{}', [PATH]: { content: readFileSync(TOKENIZER, 'utf8'), keys: { component: 'tokenizer' } } },
    keys: { pipeline: { class: 'WanT2V', modes: ['t2v'], required_inputs: ['prompt'] }, defaults: { max_text_length: 128 } },
  });

describe('a prompt that is longer than the model takes', () => {
  it('is refused with the number of characters that fit, before anything is fetched where the tokenizer is here', async () => {
    const world = await promptWorld();
    const orchestrator = await world.orchestrator();
    const request = { prompt: LONG };
    const plan = await loadPlan(orchestrator, MODEL, { request });
    expect(plan.warnings.join()).toContain('its tokenizer is not here');
    const error = { code: 'INVALID_INPUT', hint: expect.stringMatching(/the first \d+ characters of the prompt/) };
    await expect(loadPlan(orchestrator, MODEL, { request, ensure: true })).rejects.toMatchObject(error);
    await expect(loadPlan(orchestrator, MODEL, { request })).rejects.toMatchObject({
      ...error,
      message: expect.stringMatching(/has \d+ tokens; the model takes 128/),
      details: { problems: [{ field: 'prompt', nearest: expect.any(Number) }] },
    });
  });

  it('fits as far as it is told, and not one character further', async () => {
    const count = await readTokenCounter(TOKENIZER);
    if (count === undefined) throw new Error('no tokenizer');
    for (const text of [LONG, '猫在草地上微笑'.repeat(40), '👨‍👩‍👧 '.repeat(60), 'x'.repeat(3000)]) {
      const { nearest = 0 } = promptProblem(text, count, 128) ?? {};
      const characters = Array.from(text);
      expect(nearest).toBeGreaterThan(0);
      expect(count(characters.slice(0, nearest).join(''))).toBeLessThanOrEqual(128);
      expect(count(characters.slice(0, nearest + 1).join(''))).toBeGreaterThan(128);
    }
  });

  it('is not read to its end where it is far too long', async () => {
    const lengths: number[] = [];
    const problem = promptProblem('x'.repeat(1_000_000), (text) => lengths.push(text.length) && text.length, 512);
    expect(problem).toMatchObject({ nearest: 512, message: expect.stringContaining('more than 32768 tokens') });
    expect(Math.max(...lengths)).toBe(32_768);
  });
});

it('a prompt that has too few bytes to be too long needs no tokenizer; what is cut away by cleaning does not count', async () => {
  const orchestrator = await (await promptWorld()).orchestrator();
  for (const prompt of ['a cat', 'x'.repeat(126), `a ${' '.repeat(5000)} cat`])
    expect((await loadPlan(orchestrator, MODEL, { request: { prompt } })).warnings.join()).not.toContain('tokenizer');
});
