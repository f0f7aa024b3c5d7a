import type { TextInput } from './input.ts';
import { usageError } from './usage-error.ts';

/** More than any token. */
const LIMIT_CHARACTERS = 16 * 1024;

/** Lines of standard input, without white space around them and without empty ones. @throws ModelError INVALID_INPUT, CANCELLED */
export async function pipedLines(stdin: TextInput, signal: AbortSignal): Promise<readonly string[]> {
  let text = '';
  for await (const part of stdin.text(signal)) {
    text += part;
    if (text.length > LIMIT_CHARACTERS)
      throw usageError('invalid_value', 'standard input is far too long for a token', 'pipe only the token');
  }
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
