/** Where credentials come from, in order: what `wan auth login` stored, the environment, the token file. */
import type { Config } from '../config/config.ts';
import type { CredentialSource, FoundKeys, FoundToken, TokenService } from '../domain/credentials.ts';
import { isModelError, type ModelError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { ambientTokens } from './ambient-tokens.ts';
import { checkToken } from './check-token.ts';
import { CredentialStore } from './credential-store.ts';
import { AWS } from './services.ts';

/** Each is looked for once, when it is first asked for. */
export function createCredentialSource(config: Config): CredentialSource {
  const store = new CredentialStore(config);
  const tokens = new Map<string, Promise<FoundToken | undefined>>();
  const keys = new Map<string, Promise<FoundKeys | undefined>>();
  return {
    token: (service, origin) => once(tokens, `${service} ${origin}`, () => findToken({ config, store }, service, origin)),
    s3Keys: (origin = AWS) => once(keys, origin, () => storedKeys(store, origin)),
  };
}

interface Places {
  readonly config: Config;
  readonly store: CredentialStore;
}

/** A keyring that is locked is no reason to fail where the environment has a token. */
async function findToken({ config, store }: Places, service: TokenService, origin: string): Promise<FoundToken | undefined> {
  if (service === 'hf' && !config.hfImplicitToken) return undefined;
  const stored = await storedToken(store, service, origin).catch(unlessKeyring);
  if (stored !== undefined && !isModelError(stored)) return stored;
  const ambient = await ambientTokens(config, service);
  const usable = ambient.find((token) => token.origin === origin && token.withheld === undefined);
  // One that is damaged is no reason to try the next: the user means this one.
  if (usable?.problem !== undefined) throw usable.problem;
  if (usable?.token !== undefined) return { token: usable.token, from: usable.from };
  if (stored !== undefined) throw stored;
  return undefined;
}

function unlessKeyring(error: unknown): ModelError {
  if (isModelError(error, 'AUTH_FAIL') && error.reason === 'keyring_unavailable') return error;
  throw error;
}

async function storedToken(store: CredentialStore, service: TokenService, origin: string): Promise<FoundToken | undefined> {
  const stored = await store.find(service, origin);
  if (stored === undefined) return undefined;
  const from = store.placeOf(stored);
  const { token = '' } = await store.secretOf(stored);
  return { token: checkToken(token, `the token in ${from}`), from };
}

async function storedKeys(store: CredentialStore, origin: string): Promise<FoundKeys | undefined> {
  const stored = await store.find('s3', origin);
  if (stored === undefined) return undefined;
  const { access_key_id: accessKeyId = '', secret_access_key: secret = '', session_token: session } = await store.secretOf(stored);
  return {
    accessKeyId,
    secretAccessKey: new Secret(secret),
    ...(session !== undefined && { sessionToken: new Secret(session) }),
    from: store.placeOf(stored),
  };
}

/** What failed is looked for again the next time. */
function once<V>(known: Map<string, Promise<V>>, key: string, find: () => Promise<V>): Promise<V> {
  const existing = known.get(key);
  if (existing !== undefined) return existing;
  const found = find();
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}
