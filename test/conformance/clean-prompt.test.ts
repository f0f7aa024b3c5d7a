/** How prompts are cleaned, against the very libraries that upstream calls. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cleanPrompt } from '../../src/pipeline/clean-prompt.ts';
import { fixText } from '../../src/pipeline/ftfy/fix-text.ts';
import { unescapeHtml } from '../../src/pipeline/ftfy/unescape-html.ts';
import { FTFY_PYTHON } from '../support/ftfy-python.ts';
import { describeWithReal } from '../support/real-server.ts';

const SCRIPT = join(import.meta.dirname, '..', 'support', 'clean-prompts.py');
const SEED = 1;
const PROMPTS = 5000;

describeWithReal('a prompt', {
  needs: [FTFY_PYTHON],
  suite: () => {
    it('is cleaned to the character as ftfy, html and regex do it', () => {
      const lines = execFileSync(FTFY_PYTHON, [SCRIPT, String(SEED), String(PROMPTS)], { encoding: 'utf8', maxBuffer: 2 ** 28 });
      const cases = lines.trim().split('\n');
      expect(cases.length).toBeGreaterThan(PROMPTS);
      const different = cases.filter((line) => {
        const [prompt, cleaned, unescaped, fixed] = JSON.parse(line) as [string, string, string, string];
        return cleanPrompt(prompt) !== cleaned || unescapeHtml(prompt) !== unescaped || fixText(prompt) !== fixed;
      });
      expect(different).toEqual([]);
    });
  },
});
