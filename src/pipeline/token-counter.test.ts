import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { TOKEN_COUNTS, TOKENIZER, tokenCountsIn } from '../../test/support/tokenizer/token-counts.ts';
import { cleanPrompt } from './clean-prompt.ts';
import { readTokenCounter } from './token-counter.ts';

describe('the tokens of a prompt', () => {
  it('are as many as transformers counts, in all scripts', async () => {
    const count = await readTokenCounter(TOKENIZER);
    const counts = tokenCountsIn(readFileSync(TOKEN_COUNTS, 'utf8'));
    expect(counts.length).toBeGreaterThan(200);
    expect(counts.filter(([prompt, , tokens]) => count?.(cleanPrompt(prompt)) !== tokens)).toEqual([]);
  });

  it('are not counted where there is no tokenizer', async () => {
    expect(await readTokenCounter(join(await tempDir(), 'tokenizer.json'))).toBeUndefined();
  });

  it.each(['{}', '{"model": {"type": "Unigram"}}', '{"model": {"type": "Nonsense", "vocab": []}}', '[]', '{"model"'])(
    'are not counted by %j, which is no tokenizer',
    async (text) => {
      const path = join(await tempDir(), 'tokenizer.json');
      await writeFile(path, text);
      await expect(readTokenCounter(path)).rejects.toMatchObject({ code: 'FORMAT_INVALID', details: { path } });
    },
  );
});
