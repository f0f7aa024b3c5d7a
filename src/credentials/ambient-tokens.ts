/** Tokens that nobody stored with us: environment variables, and the token file of the Hugging Face clients. */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import type { SecretName } from '../config/secrets.ts';
import type { TokenService } from '../domain/credentials.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { Secret } from '../domain/secret.ts';
import { checkToken } from './check-token.ts';
import { distrustedEndpoint } from './endpoint-trust.ts';
import { originFor } from './services.ts';

export interface AmbientToken {
  readonly token: Secret;
  /** Name of the variable, or path of the file. */
  readonly from: string;
  /** The one origin that it is for. */
  readonly origin: string;
  /** Why it is not sent even there. */
  readonly withheld?: string;
}

/** In order of precedence. */
const VARIABLES: Readonly<Record<TokenService, readonly SecretName[]>> = {
  hf: ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'],
  github: ['GITHUB_TOKEN', 'GH_TOKEN'],
};

const HF_HOME_ORIGIN = 'https://huggingface.co';

/** In order of precedence. @throws ModelError INVALID_INPUT of a variable or file that holds no token; PERMISSION_DENIED, … */
export async function ambientTokens(config: Config, service: TokenService): Promise<readonly AmbientToken[]> {
  const variables = VARIABLES[service].flatMap((name) => fromVariable(config, service, name));
  const file = service === 'hf' ? await fromTokenFile(config) : undefined;
  return file === undefined ? variables : [...variables, file];
}

/** As the service's own clients do: it is for the endpoint that is configured, whichever that is. */
function fromVariable(config: Config, service: TokenService, name: SecretName): readonly AmbientToken[] {
  const secret = config.secrets[name];
  if (secret === undefined) return [];
  const withheld = distrustedEndpoint(config, service, config.secretsFromDotEnv.includes(name));
  const token = checkToken(secret.reveal(), name);
  return [{ token, from: name, origin: originFor(service, config), ...(withheld !== undefined && { withheld }) }];
}

/** The file in its usual place is for huggingface.co alone; one that is named is for the endpoint that is named beside it. */
async function fromTokenFile(config: Config): Promise<AmbientToken | undefined> {
  const path = config.hfTokenPath;
  const text = path === undefined ? undefined : await readIfThere(path);
  if (path === undefined || text === undefined || text.trim() === '') return undefined;
  const token = checkToken(text, path);
  if (config.origins.hfTokenPath.from === 'default') return { token, from: path, origin: HF_HOME_ORIGIN };
  const withheld = distrustedEndpoint(config, 'hf', false);
  return { token, from: path, origin: originFor('hf', config), ...(withheld !== undefined && { withheld }) };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fsError(error, `read the token file ${path}`);
  }
}
