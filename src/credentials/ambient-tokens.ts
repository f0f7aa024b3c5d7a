/** Tokens that nobody stored with us: environment variables, and the token file of the Hugging Face clients. */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import type { SecretName } from '../config/secrets.ts';
import type { TokenService } from '../domain/credentials.ts';
import { isModelError, type ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { Secret } from '../domain/secret.ts';
import { checkToken } from './check-token.ts';
import { distrustedEndpoint } from './endpoint-trust.ts';
import { originFor } from './services.ts';

export interface AmbientToken {
  /** Absent where what stands there is none. */
  readonly token?: Secret;
  /** INVALID_INPUT, or why the file cannot be read. */
  readonly problem?: ModelError;
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

/** In order of precedence. */
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
  const found = checked(() => checkToken(secret.reveal(), name));
  return [{ ...found, from: name, origin: originFor(service, config), ...(withheld !== undefined && { withheld }) }];
}

/** The file in its usual place is for huggingface.co alone; one that is named is for the endpoint that is named beside it. */
async function fromTokenFile(config: Config): Promise<AmbientToken | undefined> {
  const path = config.hfTokenPath;
  const found = path === undefined ? undefined : await readToken(path);
  if (path === undefined || found === undefined) return undefined;
  if (config.origins.hfTokenPath.from === 'default') return { ...found, from: path, origin: HF_HOME_ORIGIN };
  const withheld = distrustedEndpoint(config, 'hf', false);
  return { ...found, from: path, origin: originFor('hf', config), ...(withheld !== undefined && { withheld }) };
}

type Checked = Pick<AmbientToken, 'token' | 'problem'>;

async function readToken(path: string): Promise<Checked | undefined> {
  try {
    const text = await readIfThere(path);
    return text === undefined || text.trim() === '' ? undefined : checked(() => checkToken(text, path));
  } catch (error) {
    if (!isModelError(error)) throw error;
    return { problem: error };
  }
}

function checked(check: () => Secret): Checked {
  try {
    return { token: check() };
  } catch (error) {
    if (!isModelError(error)) throw error;
    return { problem: error };
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fsError(error, `read the token file ${path}`);
  }
}
