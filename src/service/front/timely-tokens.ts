/** Tokens where files may not answer: who asks is told so, and waits no longer than a moment. */
import type { ApiTokens } from '../../credentials/api-tokens.ts';
import type { ModelError } from '../../domain/errors.ts';
import { within } from '../../util/within.ts';

const PATIENCE_MS = 500;

type Tokens = Pick<ApiTokens, 'find' | 'wereMade'>;

/** @param late what is thrown where there is no answer in time */
export function timelyTokens(tokens: Tokens, late: () => ModelError): Tokens {
  const inTime = async <T>(asked: Promise<T>): Promise<T> => {
    const answer = await within(PATIENCE_MS, asked);
    if (!answer.inTime) throw late();
    return answer.value;
  };
  return { find: (token) => inTime(tokens.find(token)), wereMade: () => inTime(tokens.wereMade()) };
}
