/** Who is told of events by HTTP: as `wan webhooks`, for who may do everything. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { openWebhooks, type WebhooksCaller } from '../../compose/webhooks.ts';
import { addedWebhook, deliveryList, deliveryTry, webhookDocument, webhookList } from '../../documents/webhooks.ts';
import { checkedSecret } from '../../webhooks/signature.ts';
import { deliveryWire, listedWebhookWire, webhookWire } from '../../wire/webhook-wire.ts';
import { answers } from '../contract/answers.ts';
import { bodyOf } from '../contract/body.ts';
import { idempotencyHeaders } from '../contract/jobs.ts';
import { madeBy } from '../idempotency-key.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';

const params = z.object({ id: z.string().min(1).max(64) });
const newWebhook = bodyOf({
  url: z.string().min(1).max(2048),
  events: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(64)
    .exactOptional()
    .meta({ description: 'model.*, job.failed, …; all where absent' }),
  secret: z.string().max(256).exactOptional().meta({ description: 'whsec_ and 24 to 64 bytes in base64; one is made where absent' }),
});

export const webhookRoutes: RouteGroup = (app, context) => {
  const { config } = context;
  const admin = { access: 'admin' } as const;
  const tags = ['webhooks'];
  const callerOf = (request: FastifyRequest): WebhooksCaller => callOptions(request, context);

  app.get('/webhooks', { config: admin, schema: { tags, summary: 'All webhooks', response: answers(webhookList) } }, async (request) => {
    await using webhooks = await openWebhooks(config, callerOf(request));
    return { webhooks: webhooks.list().map(listedWebhookWire) };
  });

  app.post(
    '/webhooks',
    {
      config: { ...admin, isIdempotent: true },
      schema: {
        ...{ tags, summary: 'Add one; its secret is told once', headers: idempotencyHeaders, body: newWebhook },
        response: answers(addedWebhook),
      },
    },
    async (request) => {
      const { url, events = ['*'], secret } = request.body;
      await using webhooks = await openWebhooks(config, callerOf(request));
      const key = madeBy(request);
      const made = await webhooks.add({
        ...{ url, events },
        ...(secret !== undefined && { secret: checkedSecret(secret) }),
        ...(key !== undefined && { madeBy: key }),
      });
      return { webhook: webhookWire(made.webhook), secret: made.secret.reveal() };
    },
  );

  app.delete(
    '/webhooks/:id',
    { config: admin, schema: { tags, summary: 'Remove one, with what was to be sent', params, response: answers(webhookDocument) } },
    async (request) => {
      await using webhooks = await openWebhooks(config, callerOf(request));
      return webhookWire(await webhooks.remove(request.params.id));
    },
  );

  app.post(
    '/webhooks/:id/enable',
    { config: admin, schema: { tags, summary: 'Begin anew what was disabled', params, response: answers(webhookDocument) } },
    async (request) => {
      await using webhooks = await openWebhooks(config, callerOf(request));
      return webhookWire(await webhooks.enable(request.params.id));
    },
  );

  app.post(
    '/webhooks/:id/test',
    { config: admin, schema: { tags, summary: 'Send one event now', params, response: answers(deliveryTry) } },
    async (request) => {
      await using webhooks = await openWebhooks(config, callerOf(request));
      return await webhooks.test(request.params.id, callOptions(request, context).signal);
    },
  );

  app.get(
    '/webhooks/:id/deliveries',
    { config: admin, schema: { tags, summary: 'What was sent, and what waits', params, response: answers(deliveryList) } },
    async (request) => {
      await using webhooks = await openWebhooks(config, callerOf(request));
      return { deliveries: webhooks.deliveries(request.params.id).map(deliveryWire) };
    },
  );
};
