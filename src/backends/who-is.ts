/** Asks a service whom a token belongs to. The token is sent to that one URL; a redirect is not followed. */
import type { TokenService } from '../domain/credentials.ts';
import { isModelError } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import { bearer } from './http/bearer.ts';
import type { HttpAnswer, HttpClient } from './http/http-client.ts';
import { readJson } from './http/read-json.ts';
import { asTable } from './json-table.ts';

export interface WhoQuestion {
  readonly service: TokenService;
  /** Of the service's API. */
  readonly endpoint: string;
  readonly token: Secret;
  readonly signal: AbortSignal;
}

export type WhoAnswer =
  /** `expiresAt` is ISO 8601. */
  | { readonly verdict: 'valid'; readonly account?: string; readonly expiresAt?: string }
  | { readonly verdict: 'refused'; readonly why?: string }
  /** The service could not be asked, or its answer says nothing. */
  | { readonly verdict: 'unknown'; readonly why: string };

const PATHS: Readonly<Record<TokenService, string>> = { hf: 'api/whoami-v2', github: 'user' };
const PATIENCE_MS = 20_000;

/** @throws ModelError CANCELLED */
export async function whoIs(client: HttpClient, question: WhoQuestion): Promise<WhoAnswer> {
  const { service, endpoint, token, signal } = question;
  const url = new URL(PATHS[service], endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
  const headers = { ...bearer({ token }), accept: 'application/json', ...client.ownHeaders };
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const answer = await client.get({ url, headers, signal: AbortSignal.any([signal, patience]) });
    return await judge(service, answer, url.origin + url.pathname);
  } catch (error) {
    if (!isModelError(error) || signal.aborted) throw error;
    return { verdict: 'unknown', why: patience.aborted ? `${url.host} did not answer in time` : error.message };
  }
}

async function judge(service: TokenService, answer: HttpAnswer, label: string): Promise<WhoAnswer> {
  if (answer.status === 200)
    return known(service, await readJson(answer, label), answer) ?? { verdict: 'unknown', why: `${label} names no account` };
  await answer.release();
  if (answer.status === 401) return { verdict: 'refused' };
  // A token of GitHub Actions is good, but has no user behind it.
  if (service === 'github' && answer.status === 403 && !isRateLimited(answer)) return { verdict: 'valid', ...githubExpiry(answer) };
  return { verdict: 'unknown', why: `${label} answers with status ${answer.status}` };
}

const isRateLimited = ({ headers }: HttpAnswer): boolean =>
  headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined;

/** Undefined for a document of anybody else: a good status alone says nothing. */
function known(service: TokenService, json: unknown, answer: HttpAnswer): WhoAnswer | undefined {
  const { name, login, auth } = asTable(json);
  const account = service === 'hf' ? name : login;
  if (typeof account !== 'string') return undefined;
  return { verdict: 'valid', ...accountOf(account), ...(service === 'hf' ? expiryOf(asTable(auth).expiresAt) : githubExpiry(answer)) };
}

/** `2026-12-01 00:00:00 UTC` */
const githubExpiry = ({ headers }: HttpAnswer): { expiresAt?: string } => expiryOf(headers['github-authentication-token-expiration']);

const accountOf = (name: string): { account?: string } => (/^[\w.-]{1,100}$/.test(name) ? { account: name } : {});

function expiryOf(time: unknown): { expiresAt?: string } {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? {} : { expiresAt: new Date(ms).toISOString() };
}
