/** Uploads of models that no manifest has: begun, looked at, completed, given up. Their bytes come in upload-bytes-routes.ts. */
import type { z } from 'zod';
import { sha256Of } from '../../domain/digest.ts';
import { askedId } from '../asked-id.ts';
import { answers, created } from '../contract/answers.ts';
import { modelDetails } from '../contract/models.ts';
import { abandoned, newUpload, uploadDocument, uploadList, uploadParams } from '../contract/uploads.ts';
import { madeBy } from '../idempotency-key.ts';
import { modelDocument } from '../model-document.ts';
import { callOptions, lastingOptions, type RouteGroup } from '../service-context.ts';
import { uploadWire } from '../wire/upload-wire.ts';
import { fieldsIn } from './registry-routes.ts';

export const uploadRoutes: RouteGroup = (app, context) => {
  const { orchestrator } = context;
  const [read, write] = [{ access: 'read' } as const, { access: 'write' } as const];
  const tags = ['uploads'];

  app.post(
    '/uploads',
    {
      config: { ...write, bearsRepeating: true },
      schema: {
        tags,
        summary: 'Begin to upload a model: what will come, before any byte of it',
        body: newUpload,
        response: created(uploadDocument),
      },
    },
    async (request, reply) => {
      const { files, ...said } = request.body;
      const key = madeBy(request);
      const upload = await orchestrator.createUpload(
        { modelId: askedId(said), fields: fieldsIn(said), files: files.map(fileIn), ...(key !== undefined && { madeBy: key }) },
        callOptions(request, context),
      );
      reply.code(201).header('location', `/v1/uploads/${upload.id}`);
      return uploadWire(upload);
    },
  );

  app.get(
    '/uploads',
    { config: read, schema: { tags, summary: 'Uploads that somebody may still go on with', response: answers(uploadList) } },
    async () => {
      const uploads = (await orchestrator.uploads()).map(uploadWire);
      return { uploads, total: uploads.length };
    },
  );

  app.get(
    '/uploads/:id',
    { config: read, schema: { tags, summary: 'How far an upload is', params: uploadParams, response: answers(uploadDocument) } },
    async (request) => uploadWire(await orchestrator.upload(request.params.id)),
  );

  app.post(
    '/uploads/:id/complete',
    {
      config: write,
      schema: {
        tags,
        summary: 'Make a model of an upload whose files are all here',
        params: uploadParams,
        response: answers(modelDetails),
      },
    },
    async (request, reply) => {
      const options = lastingOptions(request, context);
      const { ref } = await orchestrator.completeUpload(request.params.id, options);
      const { document, etag } = await modelDocument(context, ref.modelId, options);
      reply.header('etag', etag);
      return document;
    },
  );

  app.delete(
    '/uploads/:id',
    { config: write, schema: { tags, summary: 'Give an upload up', params: uploadParams, response: answers(abandoned) } },
    async (request) => {
      const { id } = request.params;
      const { model_id: modelId } = await orchestrator.abortUpload(id, callOptions(request, context));
      return { success: true as const, message: `the upload of ${modelId} was given up`, id };
    },
  );
};

const fileIn = ({ path, size, sha256 }: z.output<typeof newUpload>['files'][number]) => ({
  path,
  sizeBytes: size,
  ...(sha256 !== undefined && { sha256: sha256Of(sha256.toLowerCase()) }),
});
