/** How many tokens Hugging Face's tokenizers make of prompts: asked of them where they are, and as they answered where they are not. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PIPELINE_PYTHON } from '../pipeline-python.ts';

/** A tokenizer.json, made by make-tokenizer.py as that of umt5-xxl was. */
export const TOKENIZER = join(import.meta.dirname, 'small-umt5.tokenizer');
export const TOKEN_COUNTS = join(import.meta.dirname, 'token-counts.jsonl');

/** Prompt, the same as diffusers cleans it, and its tokens with the one at the end. */
export type TokenCount = readonly [prompt: string, clean: string, tokens: number];

/** @param count of prompts of chance, beside sentences of many scripts, and each character of the common blocks */
export function askTokenCounts(tokenizer: string, seed: number, count: number): TokenCount[] {
  const script = join(import.meta.dirname, 'count-tokens.py');
  const lines = execFileSync(PIPELINE_PYTHON, ['-B', script, tokenizer, String(seed), String(count)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return tokenCountsIn(lines);
}

export const tokenCountsIn = (lines: string): TokenCount[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TokenCount);
