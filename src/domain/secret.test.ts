import { format, inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from './secret.ts';

it('a secret is shown by nothing but reveal', () => {
  const secret = new Secret('hf_abcdefghijkl');
  const holder = { secret, list: [secret] };
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify(holder),
    inspect(holder, { depth: 9, showHidden: true }),
    format('%s %j %o %d', secret, secret, secret, secret),
    JSON.stringify(Object.entries(secret)),
    new Error('failed', { cause: secret }).stack ?? '',
  ].join('\n');
  expect(shown).toContain('[secret]');
  expect(shown).not.toContain('abcdef');
  expect(secret.reveal()).toBe('hf_abcdefghijkl');
});

it('a secret survives being frozen', () => {
  expect(Object.freeze(new Secret('a')).reveal()).toBe('a');
});
