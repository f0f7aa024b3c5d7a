/** Who asks, and what for: the one place where a request is let in or not. */
import type { Scope } from '../credentials/api-token.ts';
import { allows } from '../credentials/api-token.ts';
import type { ApiTokens } from '../credentials/api-tokens.ts';
import { isModelError } from '../domain/errors.ts';
import { Refusal } from './refusal.ts';

/** What a route asks for; `open` lets everybody in. */
export type Access = Scope | 'open';

export interface Caller {
  /** Id of the token; absent: none was sent. */
  readonly tokenId?: string;
  readonly tokenName?: string;
  /** Absent: nothing but what is open. */
  readonly scope?: Scope;
}

/** As the configuration has it, `none` where the service listens for others, too. */
export type Anonymous = 'auto' | 'none' | 'read' | 'write';

const BEARER = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

export class Door {
  readonly #tokens: Pick<ApiTokens, 'find' | 'wereMade'>;
  readonly #anonymous: Anonymous;

  constructor(tokens: Pick<ApiTokens, 'find' | 'wereMade'>, anonymous: Anonymous) {
    this.#tokens = tokens;
    this.#anonymous = anonymous;
  }

  /** @param authorization the header @throws Refusal token_unknown, token_expired, token_unusable */
  async callerOf(authorization: string | undefined): Promise<Caller> {
    if (authorization === undefined) return this.#nobody();
    const token = BEARER.exec(authorization)?.[1];
    const found = token === undefined ? undefined : await this.#find(token);
    if (found === undefined) throw new Refusal('token_unknown', 'the Authorization header holds no token that this service knows');
    if (found.is_expired) throw new Refusal('token_expired', `the token ${found.name} has expired`);
    return { tokenId: found.id, tokenName: found.name, scope: found.scope };
  }

  /** @throws Refusal token_missing, scope_missing */
  check({ scope, tokenId, tokenName }: Caller, access: Access): void {
    if (access === 'open' || (scope !== undefined && allows(scope, access))) return;
    if (tokenId === undefined) throw new Refusal('token_missing', `this asks for a token with the scope ${access}`);
    throw new Refusal('scope_missing', `this asks for a token with the scope ${access}, and ${tokenName} has ${scope}`);
  }

  async #nobody(): Promise<Caller> {
    const anonymous = this.#anonymous === 'auto' ? ((await this.#tokens.wereMade()) ? 'none' : 'read') : this.#anonymous;
    return anonymous === 'none' ? {} : { scope: anonymous };
  }

  /** What is wrong with a record is for the log, not for whoever sent a token. */
  async #find(token: string): ReturnType<ApiTokens['find']> {
    try {
      return await this.#tokens.find(token);
    } catch (error) {
      if (!isModelError(error)) throw error;
      throw new Refusal('token_unusable', 'what this service has on record of the token cannot be used', { cause: error });
    }
  }
}
