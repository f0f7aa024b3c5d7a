import { expect, it } from 'vitest';
import { ContentHash } from './content-hash.ts';

const HELLO_SHA256 = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';

it.each([
  ['git-sha1', 'ce013625030ba8dba906f756967f9e9ca394464a'],
  ['md5', 'b1946ac92492d2347c6235b4d2611184'],
] as const)('a %s is made beside the sha256, and a copy goes on by itself', (algorithm, other) => {
  const hash = ContentHash.begin(6, algorithm);
  hash.update(Buffer.from('hel'));
  const copy = hash.copy();
  copy.update(Buffer.from('p!!'));
  hash.update(Buffer.from('lo\n'));
  expect(hash.digests()).toEqual({ sha256: HELLO_SHA256, other });
  expect(hash.digests()).toEqual({ sha256: HELLO_SHA256, other });
  expect(copy.digests().other).not.toBe(other);
});

it('where no other kind is asked for none is made', () => {
  expect(ContentHash.begin(0).digests()).toEqual({ sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' });
});
