import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type OpenedWebhooks, openWebhooks } from '../../compose/webhooks.ts';
import type { webhooksData } from '../../documents/webhooks.ts';
import { fsError } from '../../domain/fs-error.ts';
import type { Secret } from '../../domain/secret.ts';
import { checkedSecret } from '../../webhooks/signature.ts';
import { deliveryWire, listedWebhookWire, webhookWire } from '../../wire/webhook-wire.ts';
import type { Wire } from '../../wire/wire.ts';
import { actOf } from '../act-of.ts';
import type { Command } from '../command.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { webhooksText } from '../render/webhooks-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';

type Data = Wire<typeof webhooksData>;
type Act = (webhooks: OpenedWebhooks, args: ParsedArgs, session: Session) => Promise<Data>;

const TITLE = 'wan webhooks';

export const webhooks: Command = {
  summary: 'Tell other programs over HTTP what happens to models and jobs',
  description:
    '`add URL` makes one and shows the secret that its deliveries are signed with, once; `list` shows which there are; `test ID` sends one event now; `deliveries ID` shows what was sent and what waits; `enable ID` begins anew what was disabled; `remove ID…` ends it. `wan serve` sends them. See docs/webhooks.md.',
  schema: 'wan.webhooks/v1',
  operands: {
    name: 'ACTION',
    min: 1,
    max: Number.POSITIVE_INFINITY,
    actions: { add: 'nothing', list: 'nothing', test: 'nothing', deliveries: 'nothing', enable: 'nothing', remove: 'nothing' },
    forms: ['add URL [--events TYPE,…] [--secret-file PATH]', 'list', 'test|deliveries|enable ID', 'remove ID…'],
    isPrivate: true,
  },
  options: [
    {
      ...{ name: 'events', value: 'TYPE', repeats: true, commas: true },
      summary: 'add: which events, such as model.*, job.failed, or * for all (the default)',
    },
    {
      name: 'secret-file',
      value: 'PATH',
      completes: 'file',
      summary: 'add: a file with the secret (whsec_…), in place of one that is made',
    },
  ],
  examples: [
    { command: 'wan webhooks add https://ops.example/hooks/wan --events model.*,job.failed', what: 'be told when models come and go' },
    { command: 'wan webhooks list', what: 'which there are, and how they do' },
    { command: 'wan webhooks test 0f3a9c1b2d4e', what: 'does it answer?' },
    { command: 'wan webhooks deliveries 0f3a9c1b2d4e', what: 'what was sent, and what waits' },
  ],
  exitStatuses: [4, 8, 9],
  run: async (session, args) => {
    const act = actOf(args, { title: TITLE, acts: ACTIONS });
    await using opened = await openWebhooks(await session.config(), { actor: { via: 'cli' } });
    const data = await act(opened, args, session);
    const hasFailed = data.action === 'test' && data.error !== undefined;
    return { wire: () => data, text: (screen) => webhooksText(screen, data), ...(hasFailed && { exitStatus: 4 }) } satisfies Report;
  },
};

const ACTIONS: Readonly<Record<string, Act>> = { add, list, test, deliveries, enable, remove };

async function add(opened: OpenedWebhooks, args: ParsedArgs, { io }: Session): Promise<Data> {
  const url = only(args, 'URL');
  const path = args.text('secret-file');
  const secret = path === undefined ? undefined : await readSecret(resolve(io.cwd, path));
  const named = args.texts('events');
  const made = await opened.add({ url, events: named.length === 0 ? ['*'] : named, ...(secret && { secret }) });
  return { action: 'add', webhook: webhookWire(made.webhook), secret: made.secret.reveal() };
}

async function readSecret(path: string): Promise<Secret> {
  try {
    return checkedSecret(await readFile(path, 'utf8'));
  } catch (error) {
    throw fsError(error, `read ${path}`);
  }
}

async function list(opened: OpenedWebhooks): Promise<Data> {
  return { action: 'list', webhooks: opened.list().map(listedWebhookWire) };
}

async function test(opened: OpenedWebhooks, args: ParsedArgs, { signal }: Session): Promise<Data> {
  return { action: 'test', ...(await opened.test(only(args, 'ID'), signal)) };
}

async function deliveries(opened: OpenedWebhooks, args: ParsedArgs): Promise<Data> {
  return { action: 'deliveries', deliveries: opened.deliveries(only(args, 'ID')).map(deliveryWire) };
}

async function enable(opened: OpenedWebhooks, args: ParsedArgs): Promise<Data> {
  return { action: 'enable', webhook: webhookWire(await opened.enable(only(args, 'ID'))) };
}

async function remove(opened: OpenedWebhooks, args: ParsedArgs): Promise<Data> {
  const ids = args.operands.slice(1);
  if (ids.length === 0) throw usageError('missing_operand', `${TITLE} remove needs an id`, `see \`${TITLE} list\``);
  const removed: ReturnType<typeof webhookWire>[] = [];
  for (const id of ids) removed.push(webhookWire(await opened.remove(id)));
  return { action: 'remove', webhooks: removed };
}

function only({ operands: [action, word, extra] }: ParsedArgs, what: 'URL' | 'ID'): string {
  const hint = `write \`${TITLE} ${action} ${what}\``;
  if (word === undefined) throw usageError('missing_operand', `${TITLE} ${action} needs ${what === 'URL' ? 'a URL' : 'an id'}`, hint);
  if (extra !== undefined) throw usageError('unexpected_operand', `${TITLE} ${action} takes one at a time`, hint);
  return word;
}
