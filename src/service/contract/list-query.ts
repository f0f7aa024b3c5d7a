/** How lists are asked for: both ways of paging, and the older names of filters. */
import { z } from 'zod';
import { MODEL_STATUSES, modelStatusOf } from '../../domain/model-kinds.ts';
import { type ListQuestion, SORT_KEYS } from '../list-models.ts';
import { flag, text, whole } from './query.ts';

const MAX_LIMIT = 1000;
const DEFAULT_LIMIT = 100;

const status = text
  .transform((written, context) => {
    if (written === '') return undefined;
    const found = modelStatusOf(written);
    if (found === undefined) context.addIssue({ code: 'custom', message: `is none of ${MODEL_STATUSES.join(', ')}` });
    return found ?? z.NEVER;
  })
  .meta({ description: `one of ${MODEL_STATUSES.join(', ')}` });

export const listQuery = z.object({
  limit: whole(1, MAX_LIMIT).optional(),
  offset: whole(0, 1_000_000_000).optional(),
  page: whole(1, 1_000_000).optional().meta({ description: 'from 1, of `page_size` each; instead of limit and offset' }),
  page_size: whole(1, MAX_LIMIT).optional(),
  status: status.optional(),
  type: text.optional(),
  model_type: text.optional().meta({ description: 'as `type`' }),
  search: text.optional().meta({ description: 'somewhere in id, description, type, family or a tag' }),
  family: text.optional(),
  tag: text.optional(),
  custom: flag.optional().meta({ description: 'only models that no manifest has, or only the others' }),
  worker: text.optional().meta({ description: 'models are not assigned to workers here: nothing is found' }),
  assigned_worker: text.optional().meta({ description: 'as `worker`' }),
  sort_by: z.enum(SORT_KEYS).optional().meta({ description: 'default: the order of the manifest' }),
  sort_order: z.enum(['asc', 'desc']).default('asc'),
});

export function listQuestion(query: z.output<typeof listQuery>): ListQuestion {
  const limit = query.limit ?? query.page_size ?? DEFAULT_LIMIT;
  const offset = query.offset ?? ((query.page ?? 1) - 1) * limit;
  return {
    ...{ limit, offset },
    status: query.status,
    type: notEmpty(query.type ?? query.model_type),
    search: notEmpty(query.search),
    worker: notEmpty(query.worker ?? query.assigned_worker),
    family: notEmpty(query.family),
    tag: notEmpty(query.tag),
    custom: query.custom,
    sortBy: query.sort_by,
    descending: query.sort_order === 'desc',
  };
}

/** A form that was left empty asks for nothing. */
const notEmpty = (written: string | undefined): string | undefined => (written === '' ? undefined : written);
