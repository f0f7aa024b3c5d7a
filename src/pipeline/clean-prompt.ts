/**
 * A prompt as upstream gives it to its tokenizer: Wan2.2 wan/modules/tokenizers.py (`clean='whitespace'`) and `prompt_clean` of diffusers'
 * WAN pipelines do the same. Equal to theirs with ftfy 6.3.1; see docs/embedding-cache.md for where that matters. Pure.
 */
import { fixText } from './ftfy/fix-text.ts';
import { unescapeHtml } from './ftfy/unescape-html.ts';

export function cleanPrompt(prompt: string): string {
  const plain = strip(unescapeHtml(unescapeHtml(fixText(prompt))));
  return strip(plain.replace(WHITE_SPACE, ' '));
}

/** `\s` of Python's `regex` module: this language's takes the byte order mark for white space, and U+0085 not. */
const WHITE_SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

/** Python's `str.strip`, for which separators of ASCII are white space too. */
const strip = (text: string): string =>
  text.replace(
    /^[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g,
    '',
  );
