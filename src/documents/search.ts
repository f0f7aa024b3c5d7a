/** `wan models search`, and the search of the Hub over HTTP. */
import { z } from 'zod';

const count = z.int().min(0);

const hubModel = z.object({
  id: z.string().meta({ description: 'org/name: as a source `hf://org/name`' }),
  name: z.string(),
  author: z.string().nullable(),
  downloads: count,
  likes: count,
  tags: z.array(z.string()),
  pipeline_tag: z.string().nullable(),
  gated: z.boolean().meta({ description: 'whether its terms have to be accepted first' }),
  created_at: z.iso.datetime().nullable(),
  last_modified: z.iso.datetime().nullable(),
  source: z.string().meta({ description: 'for `wan models add`' }),
});

export const searchData = z.object({
  query: z.string(),
  results: z.array(hubModel),
  total: count.meta({ description: 'of these results' }),
});
