/** Prompts have as many tokens here as with Hugging Face's own tokenizers. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cleanPrompt } from '../../src/pipeline/clean-prompt.ts';
import { readTokenCounter } from '../../src/pipeline/token-counter.ts';
import { describeWithDiffusers } from '../support/diffusers-python.ts';
import { tempDir } from '../support/temp-dir.ts';
import { askTokenCounts, TOKEN_COUNTS, TOKENIZER } from '../support/tokenizer/token-counts.ts';

const SEED = 1;
const PROMPTS = 3000;
/** Sentences and odd pieces, and some of chance. */
const KEPT = 150;

describeWithDiffusers('a prompt', () => {
  it.each([true, false])('has the tokens that transformers counts, with byte fallback: %j', async (byteFallback) => {
    const path = join(await tempDir(), 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(TOKENIZER, 'utf8')) as { model: object };
    await writeFile(path, JSON.stringify({ ...tokenizer, model: { ...tokenizer.model, byte_fallback: byteFallback } }));
    const count = await readTokenCounter(path);
    const counts = askTokenCounts(path, SEED, PROMPTS);
    expect(counts.length).toBeGreaterThan(PROMPTS);
    expect(counts.filter(([prompt, clean, tokens]) => cleanPrompt(prompt) !== clean || count?.(clean) !== tokens)).toEqual([]);
  });

  // `-u` writes the references that src/pipeline/token-counter.test.ts holds on every machine.
  it('has references that transformers still gives', async () => {
    const counts = askTokenCounts(TOKENIZER, SEED, KEPT);
    const kept = [...counts.slice(0, KEPT), ...counts.slice(-KEPT)];
    await expect(`${kept.map((one) => JSON.stringify(one)).join('\n')}\n`).toMatchFileSnapshot(TOKEN_COUNTS);
  });
});
