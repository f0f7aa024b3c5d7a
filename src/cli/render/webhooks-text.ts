import type { webhooksData } from '../../documents/webhooks.ts';
import { minuteOf, secondOf } from '../../util/minute-of.ts';
import type { Wire } from '../../wire/wire.ts';
import { mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

type Data = Wire<typeof webhooksData>;
type Of<Action extends Data['action']> = Extract<Data, { readonly action: Action }>;

export function webhooksText(screen: Screen, data: Data): string {
  switch (data.action) {
    case 'add':
      return addedText(screen, data);
    case 'list':
      return listText(screen, data);
    case 'deliveries':
      return deliveriesText(screen, data);
    case 'test':
      return `${mark(screen, data.error === undefined ? 'good' : 'bad')} ${data.error ?? `answered with status ${data.status}`} (${data.duration_ms} ms)`;
    case 'enable':
      return `${mark(screen, 'good')} ${data.webhook.id}: is told of what happens from now on`;
    case 'remove':
      return data.webhooks.map(({ id, url }) => `${mark(screen, 'good')} ${id} (${url}): is told nothing any more`).join('\n');
  }
}

function addedText(screen: Screen, { webhook: { id, url, events }, secret }: Of<'add'>): string {
  return [
    `${mark(screen, 'good')} ${id} (${url}) is told of ${events.join(', ')}, by \`wan serve\`. This is the only time that its secret is shown:`,
    '',
    paint(screen, 'bold', secret),
  ].join('\n');
}

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'ID' },
  { title: 'URL' },
  { title: 'EVENTS' },
  { title: 'PENDING', align: 'right' },
  { title: 'LOST', align: 'right' },
  { title: 'LAST SUCCESS' },
];

function listText(screen: Screen, { webhooks }: Of<'list'>): string {
  if (webhooks.length === 0) return 'no webhooks (`wan webhooks add URL` makes one)';
  const rows = webhooks.map((one) => [
    mark(screen, one.state === 'enabled' && one.failures === 0 ? 'good' : 'bad'),
    ...[
      one.id,
      one.url,
      one.events.join(','),
      String(one.pending),
      String(one.lost),
      one.last_success_at === undefined ? '' : minuteOf(one.last_success_at),
    ],
  ]);
  const notes = webhooks.flatMap(({ id, reason }) =>
    reason === undefined ? [] : [`${paint(screen, 'yellow', 'disabled:')} ${id}: ${reason}`],
  );
  return [table(screen, COLUMNS, rows), ...notes].join('\n');
}

const DELIVERY_COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'ID' },
  { title: 'TYPE' },
  { title: 'TRIES', align: 'right' },
  { title: 'NEXT' },
  { title: 'LAST', flows: true },
];

function deliveriesText(screen: Screen, { deliveries }: Of<'deliveries'>): string {
  if (deliveries.length === 0) return 'nothing was sent yet, and nothing waits';
  const rows = deliveries.map(({ id, type, state, attempts, next_at: next, last }) => [
    state === 'pending' ? ' ' : mark(screen, state === 'delivered' ? 'good' : 'bad'),
    ...[id, type, String(attempts), next === undefined ? '' : secondOf(next), last?.error ?? last?.status?.toString() ?? ''],
  ]);
  return table(screen, DELIVERY_COLUMNS, rows);
}
