import type { CredentialLine } from '../../credentials/describe-credentials.ts';
import { AWS, SERVICE_TITLES } from '../../credentials/services.ts';
import type { authLoginData, authLogoutData } from '../../documents/auth.ts';
import { formatDuration } from '../../util/format-duration.ts';
import type { Wire } from '../../wire/wire.ts';
import { mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { table } from './table.ts';

export function loginText(screen: Screen, data: Wire<typeof authLoginData>): string {
  const of = data.account === undefined ? '' : ` of ${data.account}`;
  const where = data.kept_in === 'keyring' ? 'in the keyring' : `in ${data.kept_in}`;
  const done = `${mark(screen, 'good')} ${SERVICE_TITLES[data.service]}: ${data.shown}${of} for ${placeText(data.origin)} is stored ${where}`;
  return [done, ...warningLines(screen, data.warnings)].join('\n');
}

export function logoutText(screen: Screen, { service, origin, removed, warnings }: Wire<typeof authLogoutData>): string {
  const what = `${SERVICE_TITLES[service]} for ${placeText(origin)}`;
  const done = removed ? `${mark(screen, 'good')} ${what}: removed` : `${mark(screen, 'none')} ${what}: nothing was stored`;
  return [done, ...warningLines(screen, warnings)].join('\n');
}

const COLUMNS = [
  { title: '' },
  { title: 'SERVICE' },
  { title: 'FOR' },
  { title: 'CREDENTIAL' },
  { title: 'FROM' },
  { title: 'ACCOUNT' },
  { title: 'EXPIRES' },
];

const NONE =
  'no credentials: the Hub and GitHub are asked anonymously, S3 with what the AWS SDK finds by itself (`wan auth login hf|s3|github` stores one)';

/** @param nowMs wall clock, for what is about to expire */
export function authStatusText(screen: Screen, lines: readonly CredentialLine[], nowMs: number): string {
  if (lines.length === 0) return NONE;
  const rows = lines.map((line) => [
    mark(screen, line.isUsed ? 'good' : line.isBroken ? 'bad' : 'none'),
    line.service,
    placeText(line.origin),
    line.shown,
    line.from,
    line.account ?? '',
    expiryText(line.expiresAt, nowMs),
  ]);
  const notes = lines.flatMap(({ from, note }) =>
    note === undefined ? [] : [`${paint(screen, 'cyan', 'note:')} ${from} is not used: ${note}`],
  );
  return [table(screen, COLUMNS, rows), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

function expiryText(expiresAt: string | undefined, nowMs: number): string {
  if (expiresAt === undefined) return '';
  const leftMs = Date.parse(expiresAt) - nowMs;
  return leftMs > 0 ? `in ${formatDuration(leftMs)}` : `expired ${formatDuration(-leftMs)} ago`;
}

export const placeText = (origin: string): string => (origin === AWS ? 'AWS' : origin);

const warningLines = (screen: Screen, warnings: readonly string[]): readonly string[] =>
  warnings.map((warning) => `${paint(screen, 'yellow', 'warning:')} ${warning}`);
