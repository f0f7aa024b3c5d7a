import { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { sha256Of } from '../../domain/digest.ts';
import type { HubListing } from './hub-listing.ts';
import type { HubRepo } from './hub-url.ts';
import { ListingCache } from './listing-cache.ts';

const commit = 'c'.repeat(40);
const repo: HubRepo = { repoType: 'dataset', repoId: 'org/name' };
const weights = { path: 'b/c.bin', sizeBytes: 9, gitOid: 'a'.repeat(40), sha256: sha256Of('0f'.repeat(32)) };
const listing: HubListing = { commit, files: new Map([['b/c.bin', weights]]) };
const at = (directory?: string, endpoint = 'https://huggingface.co/') => new ListingCache({ directory, endpoint: new URL(endpoint) });

it('a listing is read as it was written, by whoever asks the same Hub', async () => {
  const directory = join(await tempDir(), 'listings');
  expect(await at(directory).read(repo, commit)).toBeUndefined();
  await at(directory).write(repo, listing);
  expect(await at(directory).read(repo, commit)).toEqual(listing);
  expect(await at(directory, 'https://mirror.example/').read(repo, commit)).toBeUndefined();
  expect(await at(directory).read({ ...repo, repoType: 'model' }, commit)).toBeUndefined();
  expect(await at().read(repo, commit)).toBeUndefined();
});

it.each([
  'null',
  '1',
  '"x"',
  '[]',
  '{}',
  '{"format_version":1',
  '{"format_version":1,"endpoint":"https://huggingface.co/","files":[null]}',
])('a file that says %s is as good as none, and is written anew', async (text) => {
  const directory = await tempDir();
  await writeFile(join(directory, `datasets--org--name--${commit}.json`), text);
  expect(await at(directory).read(repo, commit)).toBeUndefined();
  await at(directory).write(repo, listing);
  expect(await at(directory).read(repo, commit)).toEqual(listing);
});

it('what a writer left that died is removed an hour later', async () => {
  const directory = await tempDir();
  const [old, young] = [join(directory, 'x.json.1.tmp'), join(directory, 'x.json.2.tmp')];
  for (const path of [old, young]) await writeFile(path, '{');
  await utimes(old, 0, 0);
  await at(directory).write(repo, listing);
  expect((await readdir(directory)).sort()).toEqual([`datasets--org--name--${commit}.json`, 'x.json.2.tmp']);
});

it.skipIf(process.getuid?.() === 0)('a volume that takes nothing is no failure (not as root, whom nothing stops)', async () => {
  const directory = join(await tempDir(), 'listings');
  await mkdir(directory);
  await chmod(directory, 0o500);
  await at(directory).write(repo, listing);
  expect(await at(directory).read(repo, commit)).toBeUndefined();
});
