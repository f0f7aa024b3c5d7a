/** Every credential that can be found, masked: what `wan auth status` and `wan doctor` show. */
import type { Config } from '../config/config.ts';
import { isModelError } from '../domain/errors.ts';
import { ambientKeys, halfKeys } from './ambient-keys.ts';
import { type AmbientToken, ambientTokens } from './ambient-tokens.ts';
import { CredentialStore } from './credential-store.ts';
import { maskCredential } from './mask-credential.ts';
import { originFor, type Service } from './services.ts';
import type { StoredCredential } from './stored-credential.ts';

export interface CredentialLine {
  readonly service: Service;
  /** `aws`, or scheme, host and port. */
  readonly origin: string;
  /** `keyring`, the name of a variable, or a path. */
  readonly from: string;
  /** `hf_…abcd`; of S3 keys the id; empty where it cannot be read. */
  readonly shown: string;
  readonly account?: string;
  /** ISO 8601. */
  readonly expiresAt?: string;
  /** Whether a request to the origin carries it. */
  readonly isUsed: boolean;
  /** Why it is not used, or cannot be. */
  readonly note?: string;
  /** It can be used by nobody as it is: somebody has to do something. */
  readonly isBroken?: true;
}

interface Found extends Omit<CredentialLine, 'isUsed'> {
  /** Requests fail by it, where one that comes later would do. */
  readonly isInTheWay?: boolean;
}

/** In order of precedence within a service and origin; what cannot be read is a line with a note. */
export async function describeCredentials(config: Config): Promise<readonly CredentialLine[]> {
  const found = [...(await storedLines(new CredentialStore(config))), ...(await ambientLines(config)), ...awsLines(config)];
  const taken = new Map<string, string>();
  return found.map((line) => judged(line, taken, config));
}

function judged({ isInTheWay = false, ...line }: Found, taken: Map<string, string>, config: Config): CredentialLine {
  const place = `${line.service} ${line.origin}`;
  const winner = taken.get(place);
  if (isInTheWay && winner === undefined) taken.set(place, line.from);
  if (line.note !== undefined) return { ...line, isUsed: false };
  if (line.service === 'hf' && !config.hfImplicitToken) return { ...line, isUsed: false, note: 'hf_implicit_token is false' };
  if (winner !== undefined) return { ...line, isUsed: false, note: `${winner} comes first` };
  taken.set(place, line.from);
  return { ...line, isUsed: true };
}

async function storedLines(store: CredentialStore): Promise<readonly Found[]> {
  const lines: Found[] = [];
  for (const path of await store.paths()) lines.push(...(await storedLine(store, path)));
  for (const path of await store.unfinished()) lines.push(unfinishedLine(path));
  return lines;
}

async function storedLine(store: CredentialStore, path: string): Promise<readonly Found[]> {
  let stored: StoredCredential | undefined;
  try {
    stored = await store.at(path);
  } catch (error) {
    return [{ ...aboutOf(path), ...broken(error) }];
  }
  if (stored === undefined) return [];
  const { service, origin, account, expires_at: expiresAt } = stored;
  const about = { service, origin, from: store.placeOf(stored), ...(account && { account }), ...(expiresAt && { expiresAt }) };
  try {
    const { token, access_key_id: id = '' } = await store.secretOf(stored);
    return [{ ...about, shown: maskCredential(token ?? id) }];
  } catch (error) {
    return [{ ...about, ...broken(error) }];
  }
}

/** Its name still says what it is for. */
function aboutOf(path: string): Pick<Found, 'service' | 'origin' | 'from'> {
  const [, service = 'hf', encoded = ''] = /([a-z0-9]+)@([^/\\]*?)\.json(?:\.[^/\\]*)?$/.exec(path) ?? [];
  return { service: service as Service, origin: decodeURIComponent(encoded), from: path };
}

/** What a log-in left that was killed before its end: nothing reads it, and it holds a secret. */
function unfinishedLine(path: string): Found {
  const about = aboutOf(path);
  const note = `a log-in that did not end left it: \`wan auth logout ${about.service} --endpoint ${about.origin}\` removes it`;
  return { ...about, shown: '', note, isBroken: true };
}

/** Behind a keyring that is locked the next one is asked. */
function broken(error: unknown): Pick<Found, 'shown' | 'note' | 'isBroken' | 'isInTheWay'> {
  if (!isModelError(error)) throw error;
  return { shown: '', note: `${error.message}: ${error.hint}`, isBroken: true, isInTheWay: error.reason !== 'keyring_unavailable' };
}

async function ambientLines(config: Config): Promise<readonly Found[]> {
  const lines: Found[] = [];
  for (const service of ['hf', 'github'] as const) {
    for (const found of await ambientTokens(config, service)) lines.push({ service, ...ambientLine(found) });
  }
  return lines;
}

function ambientLine({ token, problem, from, origin, withheld }: AmbientToken): Omit<Found, 'service'> {
  if (problem !== undefined) return { origin, from, ...broken(problem), isInTheWay: withheld === undefined };
  return { origin, from, shown: maskCredential(token?.reveal() ?? ''), ...(withheld !== undefined && { note: withheld }) };
}

function awsLines(config: Config): readonly Found[] {
  const about = { service: 's3', origin: originFor('s3', config) } as const;
  const half = halfKeys(config);
  const keys = ambientKeys(config);
  const later = config.s3Profile === undefined ? undefined : `the profile ${config.s3Profile} comes first`;
  if (half !== undefined)
    return [{ ...about, from: half.there, shown: '', note: later ?? half.problem, ...(!later && { isBroken: true }) }];
  if (keys === undefined) return [];
  const note = keys.withheld ?? later;
  const shown = maskCredential(keys.accessKeyId.reveal());
  return [{ ...about, from: 'AWS_ACCESS_KEY_ID', shown, ...(note !== undefined && { note }) }];
}
