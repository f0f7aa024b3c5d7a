import type { ConfigKey } from './config-key.ts';

const MAX_SHOWN = 80;

/** `"fast" is not allowed: it is one of …`. The value is left out where it may hold a password. */
export function describeBadValue({ type }: ConfigKey<unknown>, raw: unknown): string {
  const shown = type.mayHoldSecret === true ? 'this value' : JSON.stringify(raw).slice(0, MAX_SHOWN);
  const problems = type.problemsOf?.(raw) ?? [];
  return `${shown} is not allowed: ${[...problems, `it must be ${type.allowed}`].join('; ')}`;
}
