import { profileEndpoint } from '../../compose/s3-endpoint.ts';
import type { Config } from '../../config/config.ts';
import { checkToken } from '../../credentials/check-token.ts';
import { CredentialStore } from '../../credentials/credential-store.ts';
import { distrustedEndpoint, ENDPOINT_PROPERTIES } from '../../credentials/endpoint-trust.ts';
import { maskCredential } from '../../credentials/mask-credential.ts';
import { originFor, SERVICE_TITLES, SERVICES, type Service, usualEndpoint } from '../../credentials/services.ts';
import type { SecretParts } from '../../credentials/stored-credential.ts';
import type { authLoginData } from '../../documents/auth.ts';
import { ModelError } from '../../domain/errors.ts';
import type { Wire } from '../../wire/wire.ts';
import { checkSecret, NOT_ASKED } from '../check-secret.ts';
import type { Command } from '../command.ts';
import { Keyboard } from '../keyboard.ts';
import { pipedLines } from '../piped-lines.ts';
import { loginText } from '../render/auth-text.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';

export const authLogin: Command = {
  summary: 'Store a token or keys for a service',
  description:
    'Asks without showing what is typed, asks the service whether it is good, and stores it in the keyring of the operating system; where there is none, in a file that only you can read. It is sent to this one service and to no other.',
  schema: 'wan.auth.login/v1',
  operands: { name: 'SERVICE', min: 1, max: 1, choices: SERVICES, isPrivate: true },
  options: [
    {
      name: 'endpoint',
      value: 'URL',
      summary: 'the service is at this place: a mirror, GitHub Enterprise, MinIO (else the configured one)',
    },
    {
      name: 'token-stdin',
      summary: 'read the token from standard input; for s3 the key id, the secret and any session token, each in a line',
    },
    { name: 'no-check', summary: 'do not ask the service whether it is good' },
  ],
  examples: [
    { command: 'wan auth login hf', what: 'asks for the token' },
    { command: 'pass show hf | wan auth login hf --token-stdin', what: 'for scripts' },
    { command: 'wan auth login s3 --endpoint https://minio.example:9000', what: 'keys of a MinIO server' },
    { command: 'wan auth login github --endpoint https://github.example/api/v3', what: 'GitHub Enterprise' },
  ],
  exitStatuses: [8, 9, 130],
  run: async (session, args) => {
    const config = await session.config();
    const service = args.operands[0] as Service;
    const named = args.text('endpoint');
    const endpoint = named ?? (service === 's3' ? await profileEndpoint(config) : undefined);
    const origin = originFor(service, config, endpoint);
    if (named === undefined) refuseProjectEndpoint(config, service, origin);
    const secret = await readSecret(
      session,
      { service, origin: isUsual(service, config, origin) ? undefined : origin },
      args.has('token-stdin'),
    );
    const checked = args.has('no-check') ? NOT_ASKED : await checkSecret({ config, service, endpoint, secret }, session.signal);
    const { isChecked, why, ...about } = checked;
    const kept = await new CredentialStore(config).save({ service, origin, secret, ...about });
    await session.recordAct('auth.login', { service, origin, kept_in: kept.place });
    const data: Wire<typeof authLoginData> = {
      service,
      origin,
      kept_in: kept.place,
      shown: maskCredential(secret.token ?? secret.access_key_id ?? ''),
      checked: isChecked,
      ...about,
      warnings: warnings({ service, origin, why, keyringProblem: kept.keyringProblem, config }),
    };
    return { wire: () => data, text: (screen) => loginText(screen, data) };
  },
};

/** A secret goes to nobody whom the user has not named: not to whom a cloned project calls the Hub. */
function refuseProjectEndpoint(config: Config, service: Service, origin: string): void {
  if (distrustedEndpoint(config, service, false) === undefined) return;
  const usual = originFor(service, config, usualEndpoint(service));
  const where = config.origins[ENDPOINT_PROPERTIES[service]].where;
  throw new ModelError(
    'INVALID_CONFIG',
    `a project's file (${where}) says that ${SERVICE_TITLES[service]} is at ${origin}: nothing was stored`,
    {
      reason: 'endpoint_untrusted',
      hint: `say for which one it is: --endpoint ${usual}, or --endpoint ${origin} if you trust that`,
    },
  );
}

interface Wanted {
  readonly service: Service;
  /** Where it is not the usual place of the service. */
  readonly origin: string | undefined;
}

const isUsual = (service: Service, config: Config, origin: string): boolean =>
  origin === originFor(service, config, usualEndpoint(service));

async function readSecret(session: Session, wanted: Wanted, fromPipe: boolean): Promise<SecretParts> {
  const { service } = wanted;
  const lines = fromPipe ? await pipedLines(session.io.stdin, session.signal) : await askForLines(session, wanted);
  const most = service === 's3' ? 3 : 1;
  if (lines.length > most) throw usageError('unexpected_value', `there are ${lines.length} lines where ${most} are wanted`, HINTS[service]);
  const [first = '', second = '', third] = lines;
  if (service !== 's3') return { token: checkToken(first, 'the token').reveal() };
  return {
    access_key_id: checkToken(first, 'the access key id').reveal(),
    secret_access_key: checkToken(second, 'the secret access key').reveal(),
    ...(third && { session_token: checkToken(third, 'the session token').reveal() }),
  };
}

const HINTS: Readonly<Record<Service, string>> = {
  hf: 'pipe the token alone',
  github: 'pipe the token alone',
  s3: 'pipe the access key id, the secret access key and, where there is one, the session token, each in a line',
};

/** Where the usual place of a service makes tokens. */
const TOKEN_PAGES = { hf: 'https://huggingface.co/settings/tokens', github: 'https://github.com/settings/tokens' } as const;

function questions({ service, origin }: Wanted): readonly string[] {
  const place = origin === undefined ? '' : ` for ${origin}`;
  if (service === 's3') return [`Access key id${place}`, 'Secret access key', 'Session token (empty for none)'];
  return [origin === undefined ? `Token (${TOKEN_PAGES[service]})` : `Token${place}`];
}

async function askForLines({ io, signal }: Session, wanted: Wanted): Promise<readonly string[]> {
  if (!io.stdin.isTTY)
    throw usageError('missing_value', 'nobody can be asked for the token: standard input is no terminal', 'pipe it in, with --token-stdin');
  const keyboard = new Keyboard(io, signal);
  try {
    const lines: string[] = [];
    for (const question of questions(wanted)) lines.push(await keyboard.ask(question));
    return lines;
  } finally {
    await keyboard.close();
  }
}

interface Warned {
  readonly service: Service;
  readonly origin: string;
  readonly why: string | undefined;
  readonly keyringProblem: string | undefined;
  readonly config: Config;
}

function warnings({ service, origin, why, keyringProblem, config }: Warned): string[] {
  return [
    ...(keyringProblem === undefined ? [] : [`the secret is not encrypted there: the keyring was not used (${keyringProblem})`]),
    ...(why === undefined ? [] : [`it is not known whether ${service === 's3' ? 'the keys are' : 'the token is'} good: ${why}`]),
    ...(origin.startsWith('http://') ? [unencrypted(service, origin)] : []),
    ...(service === 'hf' && !config.hfImplicitToken ? ['it is not sent as long as hf_implicit_token is false'] : []),
  ];
}

/** Of S3 keys the secret signs, and stays here. */
const unencrypted = (service: Service, origin: string): string =>
  service === 's3'
    ? `${origin} is not encrypted: a session token, and all that is read, can be seen on the way`
    : `it will be sent to ${origin} without encryption`;
