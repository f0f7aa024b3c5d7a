/** The token that the visitor typed: kept for this tab alone, and sent in a header alone. */
import { signal } from '@preact/signals';

const KEY = 'wan-token';

export const token = signal<string | null>(sessionStorage.getItem(KEY));

export function keepToken(next: string | null): void {
  if (next === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, next);
  token.value = next;
}

export const authorization = (value: string | null = token.peek()): Record<string, string> =>
  value === null ? {} : { authorization: `Bearer ${value}` };
