/** Asks an S3 service whether keys are good: for the list of buckets, which changes nothing and which any known key may be refused. */
import { isModelError, ModelError } from '../../domain/errors.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { readExcerpt } from '../http/read-excerpt.ts';
import { statusError } from '../http/status-error.ts';
import type { WhoAnswer } from '../who-is.ts';
import { S3Access } from './s3-access.ts';
import type { StaticKeys } from './s3-config.ts';
import { s3Error } from './s3-error.ts';
import { serviceUrl } from './s3-url.ts';

export interface KeysQuestion {
  /** Absent: AWS. */
  readonly endpoint?: URL | undefined;
  readonly region: string;
  readonly keys: StaticKeys;
  readonly signal: AbortSignal;
}

const EXCERPT_BYTES = 2048;
const PATIENCE_MS = 20_000;
const REFUSALS = ['key_unknown', 'signature_wrong', 'token_expired', 'token_invalid'];

/** @throws ModelError CANCELLED */
export async function checkS3Keys(client: HttpClient, question: KeysQuestion): Promise<WhoAnswer> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const signal = AbortSignal.any([question.signal, patience]);
  try {
    const { endpoint, region, keys } = question;
    const access = new S3Access({ config: { endpointUrl: serviceUrl({ endpoint, region, addressing: 'path' }).href, region, keys } });
    const error = await refusalOf(client, access, { ...question, signal });
    // A region, or a clock, that the first refusal tells.
    const told = typeof error?.details.region === 'string' ? error.details.region : region;
    const again = (error?.reason === 'clock_skewed' && access.learn(error)) || told !== region;
    return verdictOf(again ? await refusalOf(client, access, { ...question, region: told, signal }) : error);
  } catch (error) {
    if (!isModelError(error) || question.signal.aborted) throw error;
    return { verdict: 'unknown', why: patience.aborted ? 'the service did not answer in time' : error.message };
  }
}

function verdictOf(refusal: ModelError | undefined): WhoAnswer {
  if (refusal === undefined || refusal.reason === 'access_denied') return { verdict: 'valid' };
  return REFUSALS.includes(refusal.reason ?? '')
    ? { verdict: 'refused', why: refusal.message }
    : { verdict: 'unknown', why: refusal.message };
}

async function refusalOf(
  client: HttpClient,
  access: S3Access,
  { endpoint, region, signal }: KeysQuestion,
): Promise<ModelError | undefined> {
  const url = serviceUrl({ endpoint, region, addressing: 'path' });
  const { headers } = await access.sign({ method: 'GET', url, headers: {} }, region, signal);
  const answer = await client.get({ url, headers: { ...headers, ...client.ownHeaders }, signal });
  const bodyStart = Buffer.from(await readExcerpt(answer, EXCERPT_BYTES)).toString('utf8');
  if (answer.status !== 200) return explained(answer, bodyStart, url, { region, nowMs: access.nowMs() });
  if (bodyStart.includes('<ListAllMyBucketsResult')) return undefined;
  throw notS3(url);
}

/** A web page says 200 to everybody: that of MinIO's console, or the log-in page of a network. */
const notS3 = (url: URL): ModelError =>
  new ModelError(
    'SOURCE_UNAVAILABLE',
    `${url.origin} does not answer as S3 does (of MinIO the port of its API is wanted, not that of its console)`,
    {
      reason: 'not_s3',
    },
  );

function explained(
  answer: HttpAnswer,
  bodyStart: string,
  url: URL,
  { region, nowMs }: { readonly region: string; readonly nowMs: number },
): ModelError {
  const { status, headers } = answer;
  const label = url.origin;
  const known = s3Error({ url, label, status, headers, bodyStart, nowMs, credentialed: true, signed: false }, { region, anonymous: false });
  return known ?? statusError(answer, { label, bodyStart, credentialed: true, signed: false, nowMs });
}
