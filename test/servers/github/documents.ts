/** The documents of GitHub's REST API, in the types of its own published description: a field that is wrong does not compile. */
import type { RestEndpointMethodTypes } from '@octokit/rest';

export type ReleaseDocument = RestEndpointMethodTypes['repos']['getReleaseByTag']['response']['data'];
export type AssetDocument = RestEndpointMethodTypes['repos']['getReleaseAsset']['response']['data'];

export interface StoredAsset {
  readonly id: number;
  readonly name: string;
  readonly label: string | null;
  readonly sizeBytes: number;
  readonly digest: string | null;
  /** `starter` in the API's prose, `open` in its description: the upload has not ended. */
  readonly state: 'uploaded' | 'open';
}

export interface StoredRelease {
  readonly id: number;
  readonly tag: string;
  readonly prerelease: boolean;
  readonly assets: Map<string, StoredAsset>;
}

export interface Addresses {
  /** `http://127.0.0.1:1/repos/owner/repo` */
  readonly api: string;
  /** `http://127.0.0.1:2/owner/repo` */
  readonly web: string;
}

const TIME = '2026-06-01T00:00:00Z';

export const releaseDocument = (release: StoredRelease, { api, web }: Addresses): ReleaseDocument => ({
  url: `${api}/releases/${release.id}`,
  assets_url: `${api}/releases/${release.id}/assets`,
  upload_url: `${api}/releases/${release.id}/assets{?name,label}`,
  html_url: `${web}/releases/tag/${encodeURIComponent(release.tag)}`,
  id: release.id,
  node_id: `RE_${release.id}`,
  tag_name: release.tag,
  target_commitish: 'main',
  name: release.tag,
  body: null,
  draft: false,
  prerelease: release.prerelease,
  immutable: false,
  created_at: TIME,
  published_at: TIME,
  tarball_url: `${api}/tarball/${encodeURIComponent(release.tag)}`,
  zipball_url: `${api}/zipball/${encodeURIComponent(release.tag)}`,
  author: userOf('octocat'),
  assets: [...release.assets.values()].map((asset) => assetDocument(asset, release, { api, web })),
});

export const assetDocument = (asset: StoredAsset, release: StoredRelease, { api, web }: Addresses): AssetDocument => ({
  url: `${api}/releases/assets/${asset.id}`,
  browser_download_url: `${web}/releases/download/${encodeURIComponent(release.tag)}/${encodeURIComponent(asset.name)}`,
  id: asset.id,
  node_id: `RA_${asset.id}`,
  name: asset.name,
  label: asset.label,
  state: asset.state,
  content_type: 'application/octet-stream',
  size: asset.sizeBytes,
  digest: asset.digest,
  download_count: 0,
  created_at: TIME,
  updated_at: TIME,
  uploader: userOf('octocat'),
});

function userOf(login: string): ReleaseDocument['author'] {
  const url = `https://api.github.com/users/${login}`;
  return {
    login,
    id: 1,
    node_id: 'U_1',
    avatar_url: '',
    gravatar_id: '',
    url,
    html_url: `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: 'User',
    site_admin: false,
  };
}
