/** Removing a model from this machine. The manifest is not touched: a later ensure fetches it again. */
import { z } from 'zod';
import { rmResult } from '../../documents/models.ts';
import { isModelError, ModelError } from '../../domain/errors.ts';
import type { RegistryEntry } from '../../domain/registry-entry.ts';
import type { RemoveOptions, RemoveResult } from '../../orchestrator/api.ts';
import { requireTag } from '../../orchestrator/entries/require-tag.ts';
import { removedWire } from '../../wire/rm-wire.ts';
import { answers } from '../contract/answers.ts';
import { modelParams, modelQuery } from '../contract/model-params.ts';
import { flag } from '../contract/query.ts';
import { changeHeaders } from '../contract/registry.ts';
import { expectedTags } from '../etag.ts';
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
        headers: changeHeaders,
        response: answers(removed),
      },
    },
    async (request) => {
      const { delete_files: withFiles, ...options } = request.query;
      if (!withFiles) throw filesStay();
      const result = removedWire(
        await remove(request.params.id, { ...callOptions(request, context), ...options }, request.headers['if-match']),
      );
      const message = result.removed ? `${result.ref} was removed` : `${result.ref} was not here`;
      return { ...result, success: true as const, message, id: result.ref };
    },
  );

  /** Of the manifest's the next ensure brings the bytes back; one of the registry goes for good. */
  async function remove(id: string, options: RemoveOptions, ifMatch: string | undefined): Promise<RemoveResult> {
    const expected = expectedTags(ifMatch);
    const entry = await entryOf(id);
    if (entry?.isCustom) return context.orchestrator.unregister(id, { ...options, ...(expected && { expectedTags: expected }) });
    requireTag(id, entry, expected);
    return context.orchestrator.remove(id, options);
  }

  /** What neither manifest nor registry has may still lie here, and is removed by its name. */
  async function entryOf(id: string): Promise<RegistryEntry | undefined> {
    try {
      return (await context.orchestrator.findEntry(id)).entry;
    } catch (error) {
      if (isModelError(error, 'MODEL_NOT_FOUND')) return undefined;
      throw error;
    }
  }
};

const filesStay = (): ModelError =>
  new ModelError('INVALID_INPUT', 'a model cannot be forgotten while its files stay', {
    reason: 'delete_files_false',
    hint: 'leave delete_files out; whoever rules the manifest takes the model out of it with `wan models remove`',
  });
