import { ModelError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';

/** What fits into an HTTP header as one word; far longer than any service makes them. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;

/**
 * White space around it and line breaks are taken off.
 * @param what names it for people: `HF_TOKEN`, `the token`; never the text itself
 * @throws ModelError INVALID_INPUT, token_empty or token_malformed
 */
export function checkToken(text: string, what: string): Secret {
  const token = text.replace(/[\r\n]/g, '').trim();
  if (token === '') throw refusal('token_empty', `${what} is empty`);
  if (!TOKEN.test(token)) throw refusal('token_malformed', `${what} holds characters that no token has, or is far too long`);
  return new Secret(token);
}

const refusal = (reason: string, message: string): ModelError =>
  new ModelError('INVALID_INPUT', message, { reason, hint: 'copy the whole token again from the page of the service' });
