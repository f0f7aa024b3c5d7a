/** The addresses of a Hub, or of a mirror of it. Pure. */
import type { HubQuestion } from '../../domain/hub-search.ts';
import { type HubRepo, repoPrefix } from './hub-url.ts';

export class HubEndpoint {
  readonly url: URL;

  /** @param endpoint may have a path: mirrors in artifact stores do */
  constructor(endpoint: string) {
    this.url = new URL(endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
  }

  /** Everything that there is to know of a revision, in one answer. */
  info(repo: HubRepo, revision: string): URL {
    return this.#api(repo, `revision/${encodeURIComponent(revision)}?blobs=true`);
  }

  /** All files, in pages. */
  tree(repo: HubRepo, revision: string): URL {
    return this.#api(repo, `tree/${encodeURIComponent(revision)}?recursive=true&expand=false`);
  }

  file(repo: HubRepo, revision: string, path: string): URL {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return new URL(`${repoPrefix(repo)}${repo.repoId}/resolve/${encodeURIComponent(revision)}/${encoded}`, this.url);
  }

  /** The most downloaded first. */
  search({ text, pipeline, limit }: HubQuestion): URL {
    const url = new URL('api/models', this.url);
    url.search = new URLSearchParams({
      ...{ search: text, limit: String(limit), sort: 'downloads', direction: '-1' },
      ...(pipeline !== undefined && { pipeline_tag: pipeline }),
    }).toString();
    return url;
  }

  /** Where people read of the repository, and accept its terms. */
  page(repo: HubRepo): string {
    return new URL(`${repoPrefix(repo)}${repo.repoId}`, this.url).href;
  }

  #api({ repoType, repoId }: HubRepo, rest: string): URL {
    return new URL(`api/${repoType}s/${repoId}/${rest}`, this.url);
  }
}
