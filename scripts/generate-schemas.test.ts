import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from './generate-schemas.ts';

describe('generated files', () => {
  for (const { path, content } of generatedFiles())
    it(`${path} is what \`node scripts/generate-schemas.ts\` writes`, () => {
      expect(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')).toBe(content);
    });
});
