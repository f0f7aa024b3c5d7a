/** The bytes of an upload: HEAD and PATCH as the tus protocol has them, so that its clients can go on with one. */
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isModelError, ModelError } from '../../domain/errors.ts';
import type { UploadedFile } from '../../domain/uploads.ts';
import { PROBLEM_TYPE, problem } from '../contract/problem.ts';
import { offsetHeaders, UPLOAD_TYPE, uploadFileParams } from '../contract/uploads.ts';
import { Refusal } from '../refusal.ts';
import { lastingOptions, type RouteGroup } from '../service-context.ts';

const failure = { description: 'a failure, told by `code`', content: { [PROBLEM_TYPE]: { schema: problem } } };
const nothing = z.null().meta({ description: 'Upload-Offset says what must come next' });
const response = { 204: nothing, '4xx': failure, '5xx': failure };
/** Without a byte for so long, a connection is given up. What came is kept. */
const IDLE_MS = 60_000;

export const uploadBytesRoutes: RouteGroup = (app, context) => {
  const { orchestrator } = context;

  app.head(
    '/uploads/:id/files/:file',
    {
      config: { access: 'read' },
      schema: { tags: ['uploads'], summary: 'What must come next of a file', params: uploadFileParams, response },
    },
    async (request, reply) => {
      const { id, file } = request.params;
      const found = (await orchestrator.upload(id)).files[file];
      if (found === undefined) throw new Refusal('route_unknown', `the upload has no file ${file}`);
      return tell(reply, found);
    },
  );

  app.patch(
    '/uploads/:id/files/:file',
    {
      config: { access: 'write', hasLongBody: true },
      schema: {
        ...{ tags: ['uploads'], summary: `Bytes of a file (${UPLOAD_TYPE}), from where it stands`, params: uploadFileParams },
        ...{ headers: offsetHeaders, response },
      },
    },
    async (request, reply) => {
      const { id, file: index } = request.params;
      const question = { id, index, offset: request.headers['upload-offset'], body: bodyOf(request) };
      let received: UploadedFile;
      try {
        // Whoever has sent the last byte may go: what came is read to its end, and found by whoever asks again.
        received = await orchestrator.receiveBytes(question, lastingOptions(request, context));
      } catch (error) {
        const at = isModelError(error) ? error.details.offset : undefined;
        if (at !== undefined) reply.header('upload-offset', String(at));
        // What is still on its way would have to be read to its end.
        if (!request.raw.complete) reply.header('connection', 'close');
        throw error;
      }
      return tell(reply, received);
    },
  );
};

const tell = (reply: FastifyReply, { offset, sizeBytes }: UploadedFile) =>
  reply.code(204).headers({ 'upload-offset': offset, 'upload-length': sizeBytes, 'tus-resumable': '1.0.0' }).send(null);

/** @throws ModelError CANCELLED where the connection is lost */
async function* bodyOf({ raw, body }: FastifyRequest): AsyncGenerator<Uint8Array> {
  if (!isStream(body))
    throw new Refusal('media_type_unknown', `the body is no ${UPLOAD_TYPE}`, { hint: `send Content-Type: ${UPLOAD_TYPE}` });
  raw.setTimeout(IDLE_MS, () => raw.destroy());
  try {
    yield* body;
  } catch (error) {
    throw new ModelError('CANCELLED', 'the connection was lost; what came is kept', { cause: error });
  } finally {
    raw.setTimeout(0);
  }
}

const isStream = (body: unknown): body is Readable => typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
