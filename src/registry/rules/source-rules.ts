/** Rules for source URLs. A secret that stands in one is never repeated in the message. */
import { nearest } from '../../util/nearest.ts';
import { redactUrl } from '../../util/redact-url.ts';
import type { DraftProblem, Report } from '../draft-problem.ts';
import type { TomlPath } from '../toml-positions.ts';
import { nodeAt, type RawNode, textsAt } from './raw-table.ts';

const SOURCE_SCHEMES = ['local', 'file', 'http', 'https', 's3', 'hf', 'github', 'peer', 'memory'] as const;

/** In these the part before the first `/` is a path or a repository, where `@` is nothing secret. */
const WITHOUT_AUTHORITY: ReadonlySet<string> = new Set(['local', 'memory']);
const SECRET_PARAMETER = /[?&](?:access_?token|token|api_?key|apikey|key|secret|password|passwd|auth|sig|signature|x-amz-[a-z-]+)=/i;
/** Of what stands behind `://`, for schemes of which it is known before anybody is asked. */
const FORMS: ReadonlyMap<string, { readonly rest: RegExp; readonly shown: string }> = new Map([
  [
    'github',
    {
      rest: /^[a-z0-9][\w-]*\/[\w.-]+(?:@[^?#\s]+)?\/?$/i,
      shown: 'github://owner/repo@tag, and of one file github://owner/repo@tag/asset',
    },
  ],
]);
const HINT = 'set credentials with `wan auth`, in the environment or in wan.toml';

export function checkSources(sources: RawNode, report: Report): void {
  const priority = nodeAt(sources, 'priority');
  for (const { text, index } of textsAt(sources.table, 'priority')) {
    const fault = keptUrlFault(text);
    if (fault !== undefined) report({ ...fault, path: [...priority.path, index] });
  }
}

/** Of a URL that stands where others may read it: it carries no secret. */
export const keptUrlFault = (url: string): Fault | undefined =>
  sourceFault(url) ?? (SECRET_PARAMETER.test(url) ? secretInUrl(url) : undefined);

/** A file's own URL may be presigned: its query is its business. */
export function checkFileUrl(url: string, path: TomlPath, report: Report): void {
  const fault = sourceFault(url);
  if (fault !== undefined) report({ ...fault, path });
}

type Fault = Omit<DraftProblem, 'path'>;

function sourceFault(url: string): Fault | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(url);
  if (match === null) return notAUrl(url);
  const [, scheme = '', rest = ''] = match;
  if (!SOURCE_SCHEMES.some((known) => known === scheme)) return unknownScheme(scheme, url);
  if (!WITHOUT_AUTHORITY.has(scheme) && /^[^/?#]*@/.test(rest)) return secretInUrl(url);
  if (isWellFormed(scheme, rest, url)) return undefined;
  const form = FORMS.get(scheme);
  const message = `${JSON.stringify(redactUrl(url))} is not a well-formed URL`;
  return { code: 'url_invalid', message, ...(form !== undefined && { hint: `write ${form.shown}` }) };
}

function notAUrl(url: string): Fault {
  const message = `${JSON.stringify(redactUrl(url).slice(0, 120))} is not a URL`;
  return { code: 'url_invalid', message, hint: 'begin with a scheme: local://folder, s3://bucket/prefix, hf://org/repo' };
}

function unknownScheme(scheme: string, url: string): Fault {
  const near = nearest(scheme, SOURCE_SCHEMES);
  const known = SOURCE_SCHEMES.map((name) => `${name}://`).join(' ');
  const hint = near === undefined ? `known schemes: ${known}` : `did you mean ${near}://?`;
  return { code: 'unknown_scheme', message: `no backend reads ${scheme}:// (${redactUrl(url).slice(0, 120)})`, hint };
}

const secretInUrl = (url: string): Fault => ({ code: 'url_credentials', message: `${redactUrl(url)} carries credentials`, hint: HINT });

function isWellFormed(scheme: string, rest: string, url: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  if (rest === '' || /[\u0000-\u001f\u007f]/.test(rest)) return false;
  if (scheme === 'http' || scheme === 'https') return URL.canParse(url) && !/\s/.test(url);
  return !/^\s|\s$/.test(rest) && FORMS.get(scheme)?.rest.test(rest) !== false;
}
