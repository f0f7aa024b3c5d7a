/** Asks a service whether a secret that somebody wants to store is good. */
import { askForKeys, askWho } from '../compose/ask-service.ts';
import type { Config } from '../config/config.ts';
import { AWS, originFor, SERVICE_TITLES, type Service } from '../credentials/services.ts';
import type { SecretParts } from '../credentials/stored-credential.ts';
import type { TokenService } from '../domain/credentials.ts';
import { ModelError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { placeText } from './render/auth-text.ts';

export interface Checked {
  readonly account?: string;
  readonly expires_at?: string;
  readonly isChecked: boolean;
  /** Why the service could not say. */
  readonly why?: string;
}

export const NOT_ASKED: Checked = { isChecked: false };

export interface ToCheck {
  readonly config: Config;
  readonly service: Service;
  readonly endpoint: string | undefined;
  readonly secret: SecretParts;
}

/** @throws ModelError AUTH_FAIL, token_invalid: the service says that it knows no such secret */
export async function checkSecret(asked: ToCheck, signal: AbortSignal): Promise<Checked> {
  const { config, service, endpoint } = asked;
  const answer = await (service === 's3' ? askAboutKeys(asked, signal) : askAboutToken(asked, service, signal));
  if (answer.verdict === 'unknown') return { isChecked: false, why: answer.why };
  if (answer.verdict === 'valid')
    return {
      isChecked: true,
      ...(answer.account && { account: answer.account }),
      ...(answer.expiresAt && { expires_at: answer.expiresAt }),
    };
  const isKeys = service === 's3';
  const [what, where] = [isKeys ? 'these keys' : 'this token', placeText(originFor(service, config, endpoint))];
  const says = answer.why === undefined ? '' : ` (${answer.why})`;
  throw new ModelError('AUTH_FAIL', `${SERVICE_TITLES[service]} at ${where} does not accept ${what}: nothing was stored${says}`, {
    reason: 'token_invalid',
    hint: isKeys
      ? 'copy them again, of temporary keys with their session token; --no-check stores them without asking'
      : 'copy it again, or make a new one; --no-check stores it without asking',
  });
}

type Answer = ReturnType<typeof askWho>;

function askAboutToken({ config, endpoint, secret }: ToCheck, service: TokenService, signal: AbortSignal): Answer {
  const api = endpointUrl(endpoint ?? (service === 'hf' ? config.hfEndpoint : config.githubApiUrl));
  return askWho(config, { service, endpoint: api, token: new Secret(secret.token ?? ''), signal });
}

function askAboutKeys({ config, endpoint, secret }: ToCheck, signal: AbortSignal): Answer {
  const { access_key_id: id = '', secret_access_key: key = '', session_token: session } = secret;
  const url = endpoint === AWS ? undefined : (endpoint ?? config.s3EndpointUrl);
  return askForKeys(config, {
    ...(url !== undefined && { endpoint: new URL(endpointUrl(url)) }),
    region: config.s3Region ?? 'us-east-1',
    keys: {
      accessKeyId: new Secret(id),
      secretAccessKey: new Secret(key),
      ...(session !== undefined && { sessionToken: new Secret(session) }),
    },
    signal,
  });
}

const endpointUrl = (endpoint: string): string => (endpoint.includes('://') ? endpoint : `https://${endpoint}`);
