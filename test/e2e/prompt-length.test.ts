/** The built command counts the tokens of a prompt with the tokenizer of a model that is here. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { TOKENIZER } from '../support/tokenizer/token-counts.ts';

it('wan models load-plan refuses a prompt that is too long, with how many characters fit', async () => {
  const world = await modelFixture({
    files: { 'tokenizer/tokenizer.json': { content: readFileSync(TOKENIZER, 'utf8'), keys: { component: 'tokenizer' } } },
    keys: { pipeline: { class: 'WanPipeline', modes: ['t2v'], required_inputs: ['prompt'] }, defaults: { max_text_length: 512 } },
  });
  const plan = (prompt: string) => world.cli(['models', 'load-plan', MODEL, '--ensure', '--prompt', prompt, '--json']);
  expect((await plan('A cat walks on the beach. '.repeat(20))).code).toBe(0);
  const run = await plan('A cat walks on the beach. '.repeat(400));
  expect([run.code, run.json().error.code], run.stdout).toEqual([2, 'INVALID_INPUT']);
  expect(run.json().error.hint).toMatch(/^the nearest that works: the first \d+ characters of the prompt$/);
});
