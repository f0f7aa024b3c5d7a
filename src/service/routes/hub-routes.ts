/** Search of the Hub, also by the addresses that older callers know. */
import { z } from 'zod';
import { searchHub } from '../../compose/search-hub.ts';
import { searchData } from '../../documents/search.ts';
import { searchWire } from '../../wire/search-wire.ts';
import { answers } from '../contract/answers.ts';
import { text, whole } from '../contract/query.ts';
import { Refusal } from '../refusal.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';

const question = z.object({
  q: text.optional().meta({ description: 'words', example: 'wan' }),
  query: text.optional().meta({ description: 'as `q`' }),
  type: text.optional().meta({ description: 'one of the pipelines of the Hub: text-to-video' }),
  model_type: text.optional().meta({ description: 'as `type`' }),
  limit: whole(1, 100).default(20),
});

const PATHS = ['/hub/search', '/models/search/huggingface', '/search/huggingface'] as const;

export const hubRoutes: RouteGroup = (app, context) => {
  for (const path of PATHS) {
    app.get(
      path,
      {
        config: { access: 'read' },
        schema: { tags: ['models'], summary: 'Models of the Hugging Face Hub', querystring: question, response: answers(searchData) },
      },
      async (request) => {
        const { q, query = q, type, model_type: pipeline = type, limit } = request.query;
        if (query === undefined || query.trim() === '') throw noWords();
        const asked = { text: query, limit, ...(pipeline !== undefined && pipeline !== '' && { pipeline }) };
        return searchWire(query, await searchHub(context.config, asked, callOptions(request, context).signal));
      },
    );
  }
};

const noWords = (): Refusal =>
  new Refusal('request_invalid', 'query.q: there are no words to look for', {
    details: { problems: [{ where: 'query.q', message: 'is missing' }] },
  });
