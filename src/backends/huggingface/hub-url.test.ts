import { describe, expect, it } from 'vitest';
import { HubEndpoint } from './hub-endpoint.ts';
import { hubLabel, parseHubFileUrl, parseHubUrl } from './hub-url.ts';

const model = { repoType: 'model', repoId: 'Wan-AI/Wan2.2-T2V' };

describe('an hf:// source', () => {
  it.each([
    ['hf://Wan-AI/Wan2.2-T2V', { ...model, revision: 'main' }],
    ['hf://models/Wan-AI/Wan2.2-T2V/', { ...model, revision: 'main' }],
    ['hf://Wan-AI/Wan2.2-T2V@v1.0', { ...model, revision: 'v1.0' }],
    ['hf://Wan-AI/Wan2.2-T2V@v1.0/unet/high', { ...model, revision: 'v1.0', subPath: 'unet/high' }],
    ['hf://Wan-AI/Wan2.2-T2V/unet', { ...model, revision: 'main', subPath: 'unet' }],
    ['hf://Wan-AI/Wan2.2-T2V@refs/pr/12/unet', { ...model, revision: 'refs/pr/12', subPath: 'unet' }],
    ['hf://Wan-AI/Wan2.2-T2V@feature%2Fx', { ...model, revision: 'feature/x' }],
    ['hf://datasets/org/data@refs/convert/parquet', { repoType: 'dataset', repoId: 'org/data', revision: 'refs/convert/parquet' }],
    ['hf://spaces/org/demo', { repoType: 'space', repoId: 'org/demo', revision: 'main' }],
  ])('%s names a place', (url, place) => {
    const parsed = parseHubUrl(url);
    expect(parsed).toEqual(place);
    expect(parseHubUrl(hubLabel(parsed))).toEqual(place);
  });

  it.each([
    'hf://',
    'hf://org',
    'hf://org/',
    'hf://org/name@',
    'hf://org/name@..',
    'hf://org/name@a%2F..%2Fb',
    'hf://org/name@%zz',
    'hf://org/name@a b',
    'hf://org/name?token=hf_secret',
    'hf://org/name#x',
    'hf://org/name/../other',
    'hf://org/name//x',
    'hf://../name',
    'hf://org/na me',
  ])('%s names none', (url) => {
    expect(() => parseHubUrl(url)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', reason: 'url_malformed' }));
    expect(() => parseHubUrl(url)).not.toThrow(/hf_secret/);
  });

  it('of a file names one', () => {
    expect(parseHubFileUrl('hf://org/name@v1/a/b.bin')).toMatchObject({ revision: 'v1', subPath: 'a/b.bin' });
    expect(() => parseHubFileUrl('hf://org/name')).toThrow(expect.objectContaining({ hint: expect.stringContaining('/path/of/the/file') }));
  });
});

it('addresses are made as the Hub has them, below the path of a mirror too', () => {
  const repo = parseHubUrl('hf://datasets/org/name');
  const endpoint = new HubEndpoint('https://mirror.example/artifactory/hf');
  const base = 'https://mirror.example/artifactory/hf';
  expect(endpoint.info(repo, 'refs/pr/1').href).toBe(`${base}/api/datasets/org/name/revision/refs%2Fpr%2F1?blobs=true`);
  expect(endpoint.tree(repo, 'main').href).toBe(`${base}/api/datasets/org/name/tree/main?recursive=true&expand=false`);
  expect(endpoint.file(repo, 'a/b', 'x y/ü#?.bin').href).toBe(`${base}/datasets/org/name/resolve/a%2Fb/x%20y/%C3%BC%23%3F.bin`);
  expect(endpoint.page(repo)).toBe(`${base}/datasets/org/name`);
});
