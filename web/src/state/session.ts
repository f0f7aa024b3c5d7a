/** Who looks at the page, and what they may do. */
import { computed, signal } from '@preact/signals';
import { ask, listenForRefusals } from '../api/ask.ts';
import { asProblem, isUnreachable, Problem } from '../api/problem.ts';
import { authorization, keepToken, token } from '../api/token.ts';
import type { Scope, Whoami } from '../api/wire.ts';

const RANKS: Readonly<Record<Scope, number>> = { read: 1, write: 2, admin: 3 };

/** Undefined: not known yet. */
export const who = signal<Whoami | undefined>(undefined);
/** Why somebody who was let in is not any more. */
export const farewell = signal<Problem | undefined>(undefined);

const rank = computed(() => (who.value?.scope == null ? 0 : RANKS[who.value.scope]));

/** Reads signals: a component that asks is drawn again when it changes. */
export const may = (scope: Scope): boolean => rank.value >= RANKS[scope];

/** What a header can hold. */
const SENDABLE = /^[\x21-\x7e]{1,512}$/;

/** @throws Problem token_unknown, token_expired, …; then nothing has changed */
export async function logIn(typed: string): Promise<void> {
  if (!SENDABLE.test(typed))
    throw new Problem({ message: 'this is no token', hint: 'a token begins with wan_ and has neither spaces nor accents' });
  const found = await ask<Whoami>('/whoami', { headers: authorization(typed) });
  keepToken(typed);
  farewell.value = undefined;
  who.value = found;
}

export async function logOut(): Promise<void> {
  keepToken(null);
  farewell.value = undefined;
  await lookWho();
}

/** @throws Problem only where the service does not answer */
export async function lookWho(): Promise<void> {
  try {
    who.value = await ask<Whoami>('/whoami');
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (isUnreachable(problem)) throw problem;
    who.value ??= { token: null, scope: null };
  }
}

/** A token that is refused was revoked, or has expired: it is forgotten, and what is open without one is asked for. */
listenForRefusals((problem) => {
  // What is still asked for afterwards, without it, is no news.
  if (farewell.peek() === undefined || problem.reason !== 'token_missing') farewell.value = problem;
  who.value = { token: null, scope: null };
  if (token.peek() === null) return;
  keepToken(null);
  lookWho().catch(asProblem);
});
