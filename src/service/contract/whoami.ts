/** The document of /whoami. */
import { z } from 'zod';
import { SCOPES } from '../../credentials/api-token.ts';

export const whoami = z.object({
  token: z.object({ id: z.string(), name: z.string() }).nullable().meta({ description: 'that came with the request; null: none did' }),
  scope: z.enum(SCOPES).nullable().meta({ description: 'what this caller may do; null: nothing but what is open' }),
});
