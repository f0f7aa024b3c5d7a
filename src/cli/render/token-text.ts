import type { authTokenData } from '../../documents/auth.ts';
import { minuteOf } from '../../util/minute-of.ts';
import type { Wire } from '../../wire/wire.ts';
import { mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { table } from './table.ts';

type Data = Wire<typeof authTokenData>;

export function tokenMadeText(screen: Screen, made: Extract<Data, { readonly action: 'create' }>): string {
  const until = made.expires_at === undefined ? '' : `, until ${minuteOf(made.expires_at)}`;
  return [
    `${mark(screen, 'good')} ${made.name} (${made.id}) may ${made.scope}${until}. This is the only time that the token is shown:`,
    '',
    paint(screen, 'bold', made.token),
  ].join('\n');
}

const COLUMNS = [{ title: '' }, { title: 'NAME' }, { title: 'ID' }, { title: 'SCOPE' }, { title: 'MADE' }, { title: 'EXPIRES' }];

export function tokenListText(screen: Screen, { tokens, broken }: Extract<Data, { readonly action: 'list' }>): string {
  const notes = broken.map(({ path, problem }) => `${paint(screen, 'yellow', 'warning:')} ${path} lets nobody in: ${problem}`);
  if (tokens.length === 0) return ['no tokens (`wan auth token create NAME` makes one)', ...notes].join('\n');
  const rows = tokens.map((one) => [
    mark(screen, one.is_expired ? 'bad' : 'good'),
    ...[one.name, one.id, one.scope, minuteOf(one.created_at), one.expires_at === undefined ? '' : minuteOf(one.expires_at)],
  ]);
  return [table(screen, COLUMNS, rows), ...notes].join('\n');
}

export const tokensRevokedText = (screen: Screen, { revoked }: Extract<Data, { readonly action: 'revoke' }>): string =>
  revoked.map((id) => `${mark(screen, 'good')} ${id}: lets nobody in any more`).join('\n');
