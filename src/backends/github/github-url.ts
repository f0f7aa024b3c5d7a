/** `github://owner/repo@tag`: the assets of one release. A tag may hold `/`; `@latest`, or none, is the newest full release. */
import { ModelError } from '../../domain/errors.ts';
import { redactUrl } from '../../util/redact-url.ts';

export interface GithubPlace {
  readonly owner: string;
  readonly repo: string;
  /** Absent: the release that GitHub calls the latest. */
  readonly tag?: string;
}

export interface GithubFile extends GithubPlace {
  /** Name of the asset. */
  readonly asset: string;
}

const PLACE = /^github:\/\/(?<owner>[a-z0-9][\w-]{0,99})\/(?<repo>[\w.-]{1,100})(?:@(?<tag>[^?#\s]{1,255}))?$/i;

/** @throws ModelError INVALID_CONFIG */
export function parseGithubUrl(url: string): GithubPlace {
  const { owner = '', repo = '', tag = 'latest' } = PLACE.exec(url.replace(/\/$/, ''))?.groups ?? {};
  if (owner === '' || /^\.{1,2}$/.test(repo) || /^\.{1,2}$/.test(tag)) throw malformed(url, 'github://owner/repo@tag');
  return { owner, repo, ...(tag !== 'latest' && { tag }) };
}

/** A file's own URL: the last part is the asset. @throws ModelError INVALID_CONFIG */
export function parseGithubFileUrl(url: string): GithubFile {
  const cut = url.lastIndexOf('/');
  const place = url.slice(0, cut);
  const asset = url.slice(cut + 1);
  if (!place.includes('@') || !/^[^?#\s]{1,255}$/.test(asset)) throw malformed(url, 'github://owner/repo@tag/asset');
  return { ...parseGithubUrl(place), asset };
}

/** The same for all spellings of one release. */
export const githubLabel = ({ owner, repo, tag }: GithubPlace): string => `github://${owner}/${repo}@${tag ?? 'latest'}`;

function malformed(url: string, form: string): ModelError {
  return new ModelError('INVALID_CONFIG', `the source ${redactUrl(url)} names no release`, {
    reason: 'url_malformed',
    hint: `write ${form}, for example ${form.replace('owner/repo@tag', 'Wan-Video/Wan2.2@v2.2.0').replace('asset', 'vae.safetensors')}`,
  });
}
