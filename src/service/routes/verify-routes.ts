/** Reading every byte again. */
import { z } from 'zod';
import { verifyResult } from '../../documents/models.ts';
import { parseSubset } from '../../domain/subset.ts';
import { verifyWire } from '../../wire/verify-wire.ts';
import { answers } from '../contract/answers.ts';
import { bodyOf } from '../contract/body.ts';
import { modelParams } from '../contract/model-params.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';

const subset = z
  .string()
  .max(16)
  .transform((text, context) => {
    const parsed = parseSubset(text);
    if (parsed === undefined) context.addIssue({ code: 'custom', message: 'is no part of a whole, such as 1/7' });
    return parsed ?? z.NEVER;
  })
  .meta({ description: 'only this part of the files: 1/7' });

const body = bodyOf({
  variant: z.string().min(1).max(128).exactOptional(),
  deep: z
    .boolean()
    .exactOptional()
    .meta({ description: 'hash whole files, whatever is on record of their pieces, and read the headers of weights' }),
  resume: z.boolean().exactOptional().meta({ description: 'go on where a verification stopped that did not end' }),
  subset: subset.exactOptional(),
  limit_rate_bytes_per_second: z.int().min(1).exactOptional(),
});

export const verifyRoutes: RouteGroup = (app, context) => {
  app.post(
    '/models/:id/verify',
    {
      config: { access: 'write', bearsRepeating: true },
      schema: {
        ...{ tags: ['models'], summary: 'Read every byte of a model and compare; ends when the caller goes', params: modelParams, body },
        response: answers(verifyResult),
      },
    },
    async (request) => {
      const { limit_rate_bytes_per_second: rate, ...asked } = request.body;
      const options = { ...callOptions(request, context), ...asked, ...(rate !== undefined && { limitRateBytesPerSecond: rate }) };
      return verifyWire(await context.orchestrator.verifyIntegrity(request.params.id, options));
    },
  );
};
