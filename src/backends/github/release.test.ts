import { describe, expect, it } from 'vitest';
import { findAsset, parseRelease, type Release } from './release.ts';

type Named = string | readonly [name: string, label: string];

const ASSET = { id: 1, size: 1, name: 'x', browser_download_url: 'https://github.com/x' };

function releaseOf(...named: readonly Named[]): Release {
  const assets = named.map((asset, id) => {
    const [name, label] = typeof asset === 'string' ? ([asset, null] as const) : asset;
    return { id, name, label, size: 1, state: 'uploaded', digest: null, browser_download_url: `https://github.com/${name}` };
  });
  const release = parseRelease({ tag_name: 'v1', assets });
  if (release === undefined) throw new Error('the document is a release');
  return release;
}

const found = (path: string, ...assets: readonly Named[]): string | undefined => findAsset(releaseOf(...assets), path)?.name;

describe('the asset of a path', () => {
  it('is the one that is labelled with it', () => {
    expect(found('unet/config.json', 'config.json', ['c1.json', 'unet/config.json'])).toBe('c1.json');
    expect(found('モデル.bin', ['default.bin', 'モデル.bin'])).toBe('default.bin');
  });

  it('is the one named like it, with something else for each slash', () => {
    for (const name of ['unet__config.json', 'unet--config.json', 'unet_config.json', 'unet-config.json', 'unet.config.json']) {
      expect(found('unet/config.json', 'config.json', name)).toBe(name);
    }
  });

  it('is the one named like its last part', () => {
    expect(found('unet/config.json', 'model.bin', 'config.json')).toBe('config.json');
    expect(found('config.json', 'config.json')).toBe('config.json');
  });

  it('is found under the name that GitHub made of it', () => {
    expect(found('my model (1).bin', 'my.model.1.bin')).toBe('my.model.1.bin');
    expect(found('v~1/a b.bin', 'v.1__a.b.bin')).toBe('v.1__a.b.bin');
  });

  it('is none where nothing fits', () => {
    expect(found('unet/config.json', 'other.json', ['x.bin', 'Linux build'])).toBeUndefined();
    expect(found('', 'other.json')).toBeUndefined();
  });

  it('is not found by a label that is only words, or leads elsewhere', () => {
    expect(releaseOf(['a.bin', 'Weights'], ['b.bin', '../b.bin'], ['c.bin', 'c.txt']).assets.map(({ labelPath }) => labelPath)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a release', () => {
  it.each([
    null,
    'v1',
    {},
    [],
    { tag_name: 'v1' },
    { tag_name: 'v1', assets: null },
    { tag_name: null, assets: [] },
    { tag_name: 'v1', assets: [null] },
    { tag_name: 'v1', assets: [{}] },
    { tag_name: 'v1', assets: [{ ...ASSET, size: 1.5 }] },
    { tag_name: 'v1', assets: [{ ...ASSET, size: -1 }] },
    { tag_name: 'v1', assets: [{ ...ASSET, browser_download_url: null }] },
  ])('is not described by %j', (document) => {
    expect(parseRelease(document)).toBeUndefined();
  });

  it('has the names of unfinished uploads that are names', () => {
    const assets = [ASSET, ...['half.bin', null, { toString: null }].map((name) => ({ state: 'starter', name }))];
    expect(parseRelease({ tag_name: 'v1', assets })?.unfinished).toEqual(['half.bin']);
  });
});
