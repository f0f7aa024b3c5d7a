/** What a server says becomes names in the user's cache only after this. */
import { ModelError } from '../../domain/errors.ts';
import { checkPath } from '../check-path.ts';
import type { HubFile } from './hub-file.ts';
import { COMMIT } from './repo-folder.ts';

const REPO_ID = /^[\w-][\w.-]*\/[\w-][\w.-]*$/;
const ETAG = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** @throws ModelError PATH_UNSAFE */
export function checkHubFile({ repoId, revision, commit, path, etag }: HubFile): void {
  checkPath(path);
  checkPath(revision);
  const wrong = !REPO_ID.test(repoId) ? repoId : !COMMIT.test(commit) ? commit : !ETAG.test(etag) ? etag : undefined;
  if (wrong !== undefined)
    throw new ModelError('PATH_UNSAFE', `${JSON.stringify(wrong.slice(0, 200))} cannot be a name in the Hub cache`, { reason: 'hub_name' });
}
