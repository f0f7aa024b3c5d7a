import { describe, expect, it } from 'vitest';
import { commitOfInfo, filesOfInfo, filesOfTree } from './hub-listing.ts';

const OID = 'a'.repeat(40);
const SHA = 'b'.repeat(64);
const small = { rfilename: 'a.json', size: 3, blobId: OID };

describe('what the Hub says of a revision', () => {
  it('is its commit', () => {
    expect(commitOfInfo({ sha: OID })).toBe(OID);
    for (const document of [{ sha: 'main' }, { sha: 1 }, {}, null, [], 'x']) expect(commitOfInfo(document)).toBeUndefined();
  });

  it('is its files: digests of the content for LFS, of the blob for the others', () => {
    const lfs = { rfilename: 'b.bin', size: 9, blobId: OID, lfs: { sha256: SHA, size: 9, pointerSize: 133 } };
    const files = filesOfInfo({ siblings: [small, lfs] });
    expect([...(files?.values() ?? [])]).toEqual([
      { path: 'a.json', sizeBytes: 3, gitOid: OID },
      { path: 'b.bin', sizeBytes: 9, gitOid: OID, sha256: SHA },
    ]);
    const tree = [
      { type: 'directory', path: 'x', oid: OID, size: 0 },
      { type: 'file', path: 'a.json', size: 3, oid: OID },
      { type: 'file', path: 'b.bin', size: 9, oid: OID, lfs: { oid: SHA, size: 9 } },
    ];
    expect(filesOfTree(tree)).toEqual(files);
  });

  it.each([
    ['sizes', [{ rfilename: 'a', blobId: OID }]],
    ['ids', [{ rfilename: 'a', size: 1 }]],
    ['names', [{ size: 1, blobId: OID }]],
    ['the digest of a file in LFS', [{ ...small, lfs: { size: 3 } }]],
    ['a size that is one', [{ ...small, size: -1 }]],
    ['all files of a huge repository', Array.from({ length: 50_000 }, () => small)],
  ])('does not tell all without %s', (_, siblings) => {
    expect(filesOfInfo({ siblings })).toBeUndefined();
  });

  it('names no file that no model may hold', () => {
    const names = ['../up', '/abs', 'a\\b', 'con', 'good.bin', ''];
    expect([...(filesOfInfo({ siblings: names.map((rfilename) => ({ ...small, rfilename })) })?.keys() ?? [])]).toEqual(['good.bin']);
  });
});
