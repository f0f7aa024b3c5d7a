/** Making room: what would go and why, and doing it. */
import { z } from 'zod';
import { gcData } from '../../documents/gc.ts';
import type { GcOptions } from '../../orchestrator/api.ts';
import { parseDuration } from '../../util/parse-duration.ts';
import { parseSize } from '../../util/parse-size.ts';
import { gcWire } from '../../wire/gc-wire.ts';
import { answers } from '../contract/answers.ts';
import { bodyOf } from '../contract/body.ts';
import { gcPlan } from '../contract/gc.ts';
import { flag, text, whole } from '../contract/query.ts';
import { Refusal } from '../refusal.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';

const positive = (parse: (written: string) => number | undefined, wanted: string) =>
  z
    .string()
    .max(32)
    .transform((written, context) => {
      const value = parse(written);
      if (value === undefined || value <= 0) context.addIssue({ code: 'custom', message: `is not ${wanted}` });
      return value ?? z.NEVER;
    });
const size = positive(parseSize, 'a size such as 100G');
const duration = positive(parseDuration, 'a duration such as 30d');

const rules = {
  max_size: size.exactOptional().meta({ description: 'bytes that the models may take afterwards: 2T' }),
  free: size.exactOptional().meta({ description: 'bytes that must be free afterwards: 100G' }),
  older_than: duration.exactOptional().meta({ description: 'models that were not used for so long: 30d' }),
  family: text.min(1).exactOptional().meta({ description: 'only models of this family' }),
};
const query = z.object({
  ...rules,
  keep_last: whole(1, 1_000_000).exactOptional().meta({ description: 'of each model the newest versions stay' }),
  purge: flag.default(false),
  quarantine: flag.default(false),
});
const body = bodyOf({
  ...rules,
  keep_last: z.int().min(1).exactOptional(),
  purge: z.boolean().default(false).meta({ description: 'give the bytes back at once' }),
  quarantine: z.boolean().default(false).meta({ description: 'also bad bytes that were replaced' }),
  plan_id: z.string().max(64).exactOptional().meta({ description: 'of a plan that was shown: nothing else is removed' }),
});

export const gcRoutes: RouteGroup = (app, context) => {
  const { orchestrator, gcPlans } = context;

  app.get(
    '/gc/plan',
    {
      config: { access: 'read' },
      schema: { tags: ['store'], summary: 'What gc would remove and keep, and why', querystring: query, response: answers(gcPlan) },
    },
    async (request) => {
      const plan = await orchestrator.planGc({ ...callOptions(request, context), ...gcOptions(request.query) });
      return { ...gcWire(plan), plan_id: gcPlans.keep(plan) };
    },
  );

  app.post(
    '/gc',
    { config: { access: 'admin' }, schema: { tags: ['store'], summary: 'Remove what may go', body, response: answers(gcData) } },
    async (request) => {
      const { plan_id: planId, ...asked } = request.body;
      const plan = planId === undefined ? undefined : gcPlans.take(planId);
      if (planId !== undefined && plan === undefined) throw new Refusal('plan_unknown', `there is no plan ${JSON.stringify(planId)}`);
      const report = await orchestrator.gc({ ...callOptions(request, context), ...gcOptions(asked), ...(plan && { plan }) });
      return gcWire(report);
    },
  );
};

interface AskedGc {
  readonly max_size?: number;
  readonly free?: number;
  readonly older_than?: number;
  readonly keep_last?: number;
  readonly family?: string;
  readonly purge: boolean;
  readonly quarantine: boolean;
}

const gcOptions = ({ max_size, free, older_than, keep_last, family, purge, quarantine }: AskedGc): GcOptions => ({
  ...(max_size !== undefined && { maxSizeBytes: max_size }),
  ...(free !== undefined && { freeBytes: free }),
  ...(older_than !== undefined && { olderThanMs: older_than }),
  ...(keep_last !== undefined && { keepLast: keep_last }),
  ...(family !== undefined && { family }),
  purge,
  quarantine,
});
