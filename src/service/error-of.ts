/** Whatever was thrown on the way to an answer -> ModelError. */
import type { FastifyError, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { asModelError, isModelError, type ModelError } from '../domain/errors.ts';
import { Refusal, type RefusalReason } from './refusal.ts';

/** Fastify's own codes that a client can cause. */
const OF_FASTIFY: Readonly<Record<string, RefusalReason>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unknown',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body_malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body_malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body_malformed',
  FST_ERR_BAD_URL: 'request_malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'url_too_long',
};

/** In place of Fastify's words, which repeat the URL with its query. */
const OF_URL: Partial<Readonly<Record<RefusalReason, string>>> = {
  request_malformed: 'the path is not percent-encoded as it must be',
  url_too_long: 'a part of the path is longer than any name here',
};

/** A part of a request that its schema does not allow. */
export class InvalidPart extends Error {
  readonly error: z.ZodError;
  /** Which part: Fastify sets it. */
  declare readonly validationContext?: string;

  constructor(error: z.ZodError) {
    super('a part of the request is not what its schema allows');
    this.error = error;
  }
}

export function errorOf(thrown: unknown, request: Pick<FastifyRequest, 'client'>, stopping: AbortSignal): ModelError {
  if (isModelError(thrown, 'CANCELLED') && stopping.aborted && !request.client.isGone)
    return new Refusal('stopping', 'the service stops: what was held is kept');
  if (isModelError(thrown)) return thrown;
  return refusalOf(thrown as FastifyError) ?? asModelError(thrown);
}

function refusalOf(error: Partial<FastifyError>): Refusal | undefined {
  if (error instanceof InvalidPart) return invalid(error.error, error.validationContext ?? 'request');
  const reason = OF_FASTIFY[error.code ?? ''];
  if (reason !== undefined) return new Refusal(reason, OF_URL[reason] ?? error.message ?? 'the request cannot be read');
  const isTheirs = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  return isTheirs ? new Refusal('request_malformed', error.message ?? 'the request cannot be read') : undefined;
}

function invalid({ issues }: z.ZodError, context: string): Refusal {
  const problems = issues.map(({ path, message }) => ({ where: [PARTS[context] ?? context, ...path.map(String)].join('.'), message }));
  const [first] = problems;
  return new Refusal('request_invalid', `${first?.where ?? context}: ${first?.message ?? 'is not allowed'}`, { details: { problems } });
}

/** Fastify's name of a part -> the one that clients know. */
const PARTS: Readonly<Record<string, string>> = { querystring: 'query', params: 'path', body: 'body', headers: 'headers' };
