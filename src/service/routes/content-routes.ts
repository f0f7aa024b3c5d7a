/** The bytes of a proven file, for peers: in ranges, with the digest of the whole. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { fsError } from '../../domain/fs-error.ts';
import type { OpenedFile } from '../../orchestrator/open-file.ts';
import type { ByteSpan } from '../../util/file-stream.ts';
import { PortSocket } from '../../util/port-socket.ts';
import { byteRange } from '../byte-range.ts';
import { modelParams, modelQuery } from '../contract/model-params.ts';
import { PROBLEM_TYPE, problem } from '../contract/problem.ts';
import { isKnown } from '../etag.ts';
import { Refusal } from '../refusal.ts';
import type { RouteGroup } from '../service-context.ts';
import { passOn } from '../thread/passed-file.ts';

const params = modelParams.extend({ '*': z.string().min(1).max(1024).meta({ description: 'path of the file inside the model' }) });
const bytes = { description: 'the bytes', content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } } };
const failure = { description: 'a failure, told by `code`', content: { [PROBLEM_TYPE]: { schema: problem } } };

export const contentRoutes: RouteGroup = (app, { orchestrator }) => {
  app.get(
    '/models/:id/files/*',
    {
      config: { access: 'read' },
      schema: {
        ...{
          tags: ['models'],
          summary: 'The bytes of a proven file; Range, If-Range and If-None-Match hold',
          params,
          querystring: modelQuery,
        },
        response: { 200: bytes, 206: bytes, 304: z.null().meta({ description: 'as the caller has it' }), '4xx': failure, '5xx': failure },
      },
    },
    async (request, reply) => {
      const { id, '*': path } = request.params;
      return send(await orchestrator.openFile(id, path, request.query), request, reply);
    },
  );
};

async function send(file: OpenedFile, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { sizeBytes } = file;
  const etag = `"sha256:${file.sha256}"`;
  describe(file, etag, reply);
  if (isKnown(request.headers['if-none-match'], etag)) return withoutBody(file, reply.code(304));
  const range = isStillMeant(request.headers['if-range'], etag) ? byteRange(request.headers.range, sizeBytes) : undefined;
  if (range === 'unsatisfiable') {
    await file[Symbol.asyncDispose]();
    reply.header('content-range', `bytes */${sizeBytes}`);
    throw new Refusal('range_invalid', `the file has ${sizeBytes} bytes`);
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${sizeBytes}`);
  reply.header('content-length', end - start);
  return request.method === 'HEAD' ? withoutBody(file, reply) : reply.send(bodyOf(file, { start, end }, { request, reply }));
}

/** Behind a front, that sends the bytes. */
function bodyOf(
  file: OpenedFile,
  span: ByteSpan,
  { request, reply }: Record<'request', FastifyRequest> & Record<'reply', FastifyReply>,
): Readable {
  const socket: unknown = request.raw.socket;
  const isPassedOn = socket instanceof PortSocket && span.end > span.start;
  if (isPassedOn) return passOn({ ...file.opened, ...span }, { socket, response: reply.raw });
  return file.stream(span).once('error', (error) => {
    request.failure = fsError(error, 'read the file');
  });
}

/** The bytes of a digest never change: whoever has them need not ask again. */
function describe({ path, sha256, proof, modifiedMs }: OpenedFile, etag: string, reply: FastifyReply): void {
  reply.type('application/octet-stream').headers({
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
    'x-wan-proof': proof,
    'last-modified': new Date(modifiedMs).toUTCString(),
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(path.slice(path.lastIndexOf('/') + 1))}`,
  });
}

/** With the length of the body that is not there, which no other way of sending leaves as it is. */
async function withoutBody(file: OpenedFile, reply: FastifyReply): Promise<FastifyReply> {
  await file[Symbol.asyncDispose]();
  reply
    .hijack()
    .raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
    .end();
  return reply;
}

/** A date says less than the digest does: with one, the whole file is sent. */
const isStillMeant = (header: string | string[] | undefined, etag: string): boolean =>
  header === undefined || String(header).trim() === etag;
