/** A request with an Idempotency-Key is done once: whoever repeats it gets the answer of the first time. docs/service.md says for how long. */
import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AnswerRecords, Claim, KeptAnswer } from '../compose/idempotency.ts';
import { PROBLEM_TYPE } from './contract/problem.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { problemOf } from './problem.ts';
import { Refusal } from './refusal.ts';
import type { ServiceApp } from './service-context.ts';

/** Of a longer answer only that it was given is kept: nothing is done twice for it. */
const MAX_ANSWER_BYTES = 256 * 1024;
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;
const METHODS: readonly string[] = ['POST', 'PUT', 'PATCH'];
/** They may be otherwise by the next time: a lock that is held, a token that was made, a change that was lost. */
const PASSING: readonly number[] = [401, 403, 408, 409, 412, 423, 424, 425, 429, 499];
const KEPT_HEADERS = ['content-type', 'etag', 'location'] as const;

declare module 'fastify' {
  interface FastifyRequest {
    claim: Claim | undefined;
  }
}

export function answerOnce(app: ServiceApp, records: AnswerRecords): void {
  app.decorateRequest('claim');
  app.addHook('preValidation', async (request, reply) => {
    const key = idempotencyKeyOf(request);
    if (key === undefined || !isMeant(request)) return;
    if (!KEY.test(String(request.headers['idempotency-key']))) throw badKey();
    const claimed = await records.claim(hash('sha256', key), fingerprintOf(request));
    if (claimed === 'under_way')
      throw new Refusal('idempotency_under_way', 'the first request with this Idempotency-Key is still under way');
    if (claimed === 'other_request') throw new Refusal('idempotency_key_reused', 'this Idempotency-Key was used for another request');
    if ('answer' in claimed) return replay(reply, claimed.answer);
    request.claim = claimed.claim;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const { claim } = request;
    request.claim = undefined;
    await settle(claim, { request, reply, payload });
    return payload;
  });
}

/** Not of routes that see to it themselves, nor of bytes. */
const isMeant = ({ method, is404, routeOptions: { config } }: FastifyRequest): boolean =>
  !is404 && METHODS.includes(method) && config.hasLongBody !== true && config.isIdempotent !== true;

const fingerprintOf = ({ method, url, body }: FastifyRequest): string => hash('sha256', JSON.stringify([method, url, body ?? null]));

interface Answered {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly payload: unknown;
}

async function settle(claim: Claim | undefined, { request, reply, payload }: Answered): Promise<void> {
  if (claim === undefined) return;
  const body = payload === null || payload === undefined ? '' : payload;
  const status = reply.statusCode;
  const isFinal = status < 500 && !PASSING.includes(status);
  if (!isFinal || typeof body !== 'string') return claim.release();
  if (Buffer.byteLength(body) <= MAX_ANSWER_BYTES) return claim.finish({ status, headers: keptHeaders(reply), body });
  return request.routeOptions.config.bearsRepeating === true ? claim.release() : claim.finish(onlyThatItWasDone(status, request.id));
}

/** @param correlationId under which log and audit have what was done */
function onlyThatItWasDone(status: number, correlationId: string): KeptAnswer {
  const refusal = new Refusal(
    'idempotency_answer_gone',
    `this request was done, and answered with ${status}, which was too long to be kept`,
  );
  const document = problemOf(refusal, correlationId);
  return { status: document.status, headers: { 'content-type': PROBLEM_TYPE }, body: JSON.stringify(document) };
}

const keptHeaders = (reply: FastifyReply): KeptAnswer['headers'] =>
  Object.fromEntries(KEPT_HEADERS.flatMap((name) => (reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [])));

const replay = (reply: FastifyReply, { status, headers, body }: KeptAnswer): FastifyReply =>
  reply
    .code(status)
    .headers({ ...headers, 'idempotency-replayed': 'true' })
    .serializer(String)
    .send(body);

const badKey = (): Refusal =>
  new Refusal('request_invalid', 'headers.idempotency-key: is no key of 1 to 255 visible characters', {
    details: { problems: [{ where: 'headers.idempotency-key', message: 'is no key of 1 to 255 visible characters' }] },
  });
