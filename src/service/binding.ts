/** Where the service may listen, and what is wrong where it cannot. */
import { createServer } from 'node:net';
import type { Config } from '../config/config.ts';
import type { ApiTokens } from '../credentials/api-tokens.ts';
import { ModelError } from '../domain/errors.ts';
import { errnoOf } from '../domain/fs-error.ts';
import type { Anonymous } from './caller.ts';
import { isLoopback } from './loopback.ts';

export type Binding = Pick<Config, 'apiHost' | 'apiPort'>;

/** What a request without a token may do: whoever is on another machine nothing, whatever is configured. */
export const anonymousAt = ({ apiHost, apiAnonymous }: Pick<Config, 'apiHost' | 'apiAnonymous'>): Anonymous =>
  isLoopback(apiHost) ? apiAnonymous : 'none';

/** @throws ModelError INVALID_CONFIG, api_token_missing: others could reach it, and nobody could be told from anybody */
export async function requireToken({ apiHost }: Pick<Config, 'apiHost'>, tokens: Pick<ApiTokens, 'isAny'>): Promise<void> {
  if (isLoopback(apiHost) || (await tokens.isAny())) return;
  throw new ModelError('INVALID_CONFIG', `${apiHost} can be reached from other machines, and there is no token to tell callers apart`, {
    reason: 'api_token_missing',
    hint: 'make one with `wan auth token create NAME`, or listen for this machine alone: --host 127.0.0.1',
  });
}

/** Takes the port, and gives it back. @throws ModelError as {@link listenError} */
export async function requireFreePort({ apiHost: host, apiPort: port }: Binding): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    throw listenError(error, { apiHost: host, apiPort: port });
  }
  await new Promise((resolve) => server.close(resolve));
}

const REASONS: Readonly<Record<string, readonly [reason: string, why: string, hint: string]>> = {
  EADDRINUSE: ['port_taken', 'another program listens there', 'stop that one, or take another port: --port'],
  EADDRNOTAVAIL: ['address_unknown', 'this machine has no such address', 'use one that it has: --host'],
  ENOTFOUND: ['address_unknown', 'no such name is known', 'use an address of this machine: --host'],
  EAI_AGAIN: ['address_unknown', 'the name could not be looked up', 'use an address of this machine: --host'],
  EACCES: ['port_forbidden', 'this user may not', 'take a port above 1023: --port'],
};

/** @throws whatever is no failure of listening */
export function listenError(error: unknown, { apiHost, apiPort }: Binding): ModelError {
  const known = REASONS[errnoOf(error) ?? ''];
  if (known === undefined) throw error;
  const [reason, why, hint] = known;
  return new ModelError('INVALID_CONFIG', `cannot listen on ${apiHost} port ${apiPort}: ${why}`, { reason, hint, cause: error });
}

/** @param host as configured */
export const urlOf = (host: string, port: number): string =>
  `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
