/** One question to a service's JSON API, with the token that was found for it. */
import { isModelError, type ModelError } from '../../domain/errors.ts';
import type { FoundToken } from '../credentials.ts';
import { bearer } from './bearer.ts';
import { decodedAnswer } from './decoded-answer.ts';
import { followRedirects } from './follow-redirects.ts';
import type { HttpAnswer, HttpClient } from './http-client.ts';
import type { HttpHeaders } from './http-headers.ts';
import { readExcerpt } from './read-excerpt.ts';
import { readJson } from './read-json.ts';
import type { ServiceRefusal } from './service-refusal.ts';
import { statusError } from './status-error.ts';

const ERROR_BODY_BYTES = 2048;

export interface ServiceQuestion {
  readonly url: URL;
  readonly headers: HttpHeaders;
  /** Goes to the origin of `url`, and to nothing that redirects lead to. */
  readonly token: FoundToken | undefined;
  readonly signal: AbortSignal;
  /** What is asked for, in words. */
  readonly what: string;
  /** What the service means by a refusal; undefined for what means the same as everywhere. */
  readonly explain: (refusal: ServiceRefusal) => ModelError | undefined;
  /** A good status from something that is not this service: a log-in page, a proxy. */
  readonly notTheService: (asked: string, cause: unknown) => ModelError;
}

export interface ServiceAnswer {
  readonly document: unknown;
  readonly headers: HttpHeaders;
}

/** @throws ModelError of `explain`, of `notTheService`, of the status, of the network */
export async function askService(client: HttpClient, question: ServiceQuestion): Promise<ServiceAnswer> {
  const { url, token, signal } = question;
  const headers = { ...question.headers, 'accept-encoding': 'gzip', ...client.ownHeaders };
  const { answer: sent, url: end } = await followRedirects(client, { url, headers, credentials: bearer(token), signal });
  const label = end.origin + end.pathname;
  const answer = decodedAnswer(sent, label);
  if (answer.status !== 200) throw await refusal(answer, question);
  return { document: await readDocument(answer, label, question), headers: answer.headers };
}

async function readDocument(answer: HttpAnswer, label: string, { notTheService }: ServiceQuestion): Promise<unknown> {
  try {
    return await readJson(answer, label);
  } catch (error) {
    if (isModelError(error, 'FORMAT_INVALID')) throw notTheService(label, error);
    throw error;
  }
}

async function refusal(answer: HttpAnswer, { token, what, explain }: ServiceQuestion): Promise<ModelError> {
  const bodyStart = Buffer.from(await readExcerpt(answer, ERROR_BODY_BYTES)).toString('utf8');
  const { status, headers } = answer;
  const nowMs = Date.now();
  const known = explain({ status, headers, bodyStart, what, tokenFrom: token?.from, nowMs });
  return known ?? statusError(answer, { label: what, bodyStart, credentialed: token !== undefined, signed: false, nowMs });
}
