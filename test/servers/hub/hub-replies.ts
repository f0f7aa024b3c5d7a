/** What the Hub answers where it refuses, redirects, or sends a part. */
import type { IncomingMessage } from 'node:http';
import type { Commit } from './hub-repo.ts';

export interface HubReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly document?: unknown;
  readonly bytes?: Uint8Array;
}

const XET_TOKEN = 'xet-read-token-of-the-stand-in';
const XET_TOKEN_S = 3600;

export const refused = (status: number, text: string, code?: string): HubReply => ({
  status,
  headers: { 'x-error-message': encodeURI(text).replaceAll('%20', ' '), ...(code !== undefined && { 'x-error-code': code }) },
  document: { error: text },
});

export const REPO_NOT_FOUND = refused(404, 'Repository not found', 'RepoNotFound');

export const entryNotFound = ({ id }: Commit): HubReply => {
  const reply = refused(404, 'Entry not found', 'EntryNotFound');
  return { ...reply, headers: { ...reply.headers, 'x-repo-commit': id } };
};

export const gatedReply = (name: string, token: string | undefined): HubReply =>
  token === undefined
    ? refused(
        401,
        `Access to model ${name} is restricted. You must have access to it and be authenticated to access it. Please log in.`,
        'GatedRepo',
      )
    : refused(
        403,
        `Access to model ${name} is restricted and you are not in the authorized list. Visit its page to ask for access.`,
        'GatedRepo',
      );

export const redirect = (location: string): HubReply => ({
  status: 307,
  headers: { location },
  bytes: Buffer.from(`Temporary Redirect. Redirecting to ${location}`),
});

export const whoAmI = (token: string | undefined): HubReply =>
  token === undefined
    ? refused(401, 'Invalid username or password.')
    : { status: 200, document: { type: 'user', name: 'tester', auth: {} } };

/** Of the two forms that its clients read: the body for the one, headers for the other. */
export function xetToken(casUrl: string): HubReply {
  const exp = Math.floor(Date.now() / 1000) + XET_TOKEN_S;
  const headers = { 'x-xet-cas-url': casUrl, 'x-xet-access-token': XET_TOKEN, 'x-xet-token-expiration': String(exp) };
  return { status: 200, headers, document: { accessToken: XET_TOKEN, exp, casUrl } };
}

/** One range of a body, as RFC 9110 has it. */
export function ranged(reply: HubReply, { headers }: IncomingMessage): HubReply {
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (reply.status !== 200 || reply.bytes === undefined || first === '') return reply;
  const total = reply.bytes.length;
  const to = Math.min(total, last === '' ? total : Number(last) + 1);
  if (Number(first) >= total) return { status: 416, headers: { ...reply.headers, 'content-range': `bytes */${total}` } };
  const range = `bytes ${first}-${to - 1}/${total}`;
  return { status: 206, headers: { ...reply.headers, 'content-range': range }, bytes: reply.bytes.subarray(Number(first), to) };
}
