/**
 * `hf://[datasets/|spaces/]org/name[@revision][/sub/path]`. A revision is a branch, a tag, a commit or `refs/pr/1`; a `/` in a
 * branch's name is written `%2F`. Without one it is `main`.
 */
import { ModelError } from '../../domain/errors.ts';
import { pathFault } from '../../domain/path-rules.ts';
import { redactUrl } from '../../util/redact-url.ts';
import type { HubRepoType } from '../hf-cache/hub-file.ts';

export interface HubRepo {
  readonly repoType: HubRepoType;
  /** `org/name` */
  readonly repoId: string;
}

export interface HubPlace extends HubRepo {
  readonly revision: string;
  /** In the repository; absent: its root. */
  readonly subPath?: string;
}

const PLACE =
  /^hf:\/\/(?:(?<type>model|dataset|space)s\/)?(?<repo>[\w-][\w.-]*\/[\w-][\w.-]*)(?:@(?<revision>(?:refs\/(?:pr|convert|heads|tags)\/)?[^/]+))?(?:\/(?<path>.+))?$/i;
const COMMIT = /^[0-9a-f]{40}$/;

/** @throws ModelError INVALID_CONFIG */
export function parseHubUrl(url: string): HubPlace {
  const { type = 'model', repo = '', revision = 'main', path } = PLACE.exec(url.replace(/\/$/, ''))?.groups ?? {};
  const decoded = decode(revision);
  const isGood = repo !== '' && !/[?#\s]/.test(url) && decoded !== undefined && isRevision(decoded);
  if (!isGood || (path !== undefined && pathFault(path) !== undefined)) throw malformed(url);
  return { repoType: type.toLowerCase() as HubRepoType, repoId: repo, revision: decoded, ...(path !== undefined && { subPath: path }) };
}

/** A file's own URL. @throws ModelError INVALID_CONFIG */
export function parseHubFileUrl(url: string): HubPlace & { readonly subPath: string } {
  const place = parseHubUrl(url);
  if (place.subPath === undefined) throw malformed(url, '/path/of/the/file');
  return { ...place, subPath: place.subPath };
}

/** As people write it: the same for all spellings of one place. */
export function hubLabel({ subPath, revision, ...repo }: HubPlace): string {
  const at = revision === 'main' ? '' : `@${revision.startsWith('refs/') ? revision : encodeURIComponent(revision)}`;
  return `hf://${repoPrefix(repo)}${repo.repoId}${at}${subPath === undefined ? '' : `/${subPath}`}`;
}

/** What stands before a repository's name, in web addresses and in ours. */
export const repoPrefix = ({ repoType }: HubRepo): string => (repoType === 'model' ? '' : `${repoType}s/`);

/** A commit is the only revision whose files never change. */
export const isCommit = (revision: string): boolean => COMMIT.test(revision);

/** What git allows in names, as far as a URL is concerned. */
const isRevision = (text: string): boolean =>
  /^[^\s~^:?*[\\\p{Cc}]{1,255}$/u.test(text) && !text.split('/').some((part) => /^\.*$/.test(part));

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function malformed(url: string, path = ''): ModelError {
  return new ModelError('INVALID_CONFIG', `the source ${redactUrl(url)} names no ${path === '' ? 'repository' : 'file'} of the Hub`, {
    reason: 'url_malformed',
    hint: `write hf://org/name${path}, hf://org/name@revision${path} or hf://datasets/org/name${path}`,
  });
}
