import { ModelError } from '../domain/errors.ts';

export const noSuchWebhook = (id: string): ModelError =>
  new ModelError('INVALID_INPUT', `there is no webhook ${JSON.stringify(id.slice(0, 64))}`, {
    reason: 'webhook_not_found',
    hint: 'see `wan webhooks list`',
  });

export const disabledError = (id: string, url: string, reason: string): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `webhook ${id} (${url}) gets no more events: ${reason}`, {
    reason: 'webhook_disabled',
    hint: `mend the receiver, then \`wan webhooks enable ${id}\``,
    retryable: false,
  });

export const badWebhookUrl = (why: string): ModelError =>
  new ModelError('INVALID_INPUT', `a webhook cannot have that URL: ${why}`, {
    reason: 'webhook_url',
    hint: 'name an https:// URL without user and password; hosts of an inner network are named in allowed_internal_hosts first',
  });

export const badEvents = (patterns: readonly string[]): ModelError =>
  new ModelError('INVALID_INPUT', `no event is ever called ${patterns.map((one) => JSON.stringify(one)).join(', ')}`, {
    reason: 'webhook_events',
    hint: 'name types such as model.available, job.failed, or model.*, job.*, *: docs/webhooks.md has them all',
  });

export const tooManyWebhooks = (most: number): ModelError =>
  new ModelError('INVALID_INPUT', `there are ${most} webhooks already`, {
    reason: 'webhooks_full',
    hint: 'remove one first: `wan webhooks remove`',
  });
