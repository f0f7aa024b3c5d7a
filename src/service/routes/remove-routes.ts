/** Removing a model from this machine. The manifest is not touched: a later ensure fetches it again. */
import { z } from 'zod';
import { rmResult } from '../../documents/models.ts';
import { ModelError } from '../../domain/errors.ts';
import { removedWire } from '../../wire/rm-wire.ts';
import { answers } from '../contract/answers.ts';
import { modelParams, modelQuery } from '../contract/model-params.ts';
import { flag } from '../contract/query.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';

const query = modelQuery.extend({
  force: flag.default(false).meta({ description: 'also where it is pinned, or somebody uses it' }),
  delete_files: flag.default(true).meta({ description: 'there for older callers: a model without its files is none here' }),
});

const removed = rmResult.extend({ success: z.literal(true), message: z.string(), id: z.string() });

export const removeRoutes: RouteGroup = (app, context) => {
  app.delete(
    '/models/:id',
    {
      config: { access: 'write' },
      schema: {
        tags: ['models'],
        summary: 'Remove a model from this machine',
        params: modelParams,
        querystring: query,
        response: answers(removed),
      },
    },
    async (request) => {
      const { delete_files: withFiles, ...options } = request.query;
      if (!withFiles) throw filesStay();
      const result = removedWire(await context.orchestrator.remove(request.params.id, { ...callOptions(request, context), ...options }));
      const message = result.removed ? `${result.ref} was removed` : `${result.ref} was not here`;
      return { ...result, success: true as const, message, id: result.ref };
    },
  );
};

const filesStay = (): ModelError =>
  new ModelError('NOT_IMPLEMENTED', 'a model cannot be forgotten while its files stay', {
    reason: 'delete_files_false',
    hint: 'take it out of the manifest with `wan models remove`',
  });
