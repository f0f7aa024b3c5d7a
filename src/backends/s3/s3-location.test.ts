import { describe, expect, it } from 'vitest';
import { keyOf, parseS3Object, parseS3Prefix } from './s3-location.ts';

describe('s3://bucket/prefix', () => {
  it.each([
    ['s3://models/wan22/t2v@2.2.0', 'models', 'wan22/t2v@2.2.0'],
    ['s3://models/wan22/', 'models', 'wan22'],
    ['s3://models', 'models', ''],
    ['s3://models/', 'models', ''],
    ['s3://models/a b/c+d/%20//e', 'models', 'a b/c+d/%20//e'],
    ['S3://my.models_2/x', 'my.models_2', 'x'],
  ])('%s', (url, bucket, key) => {
    expect(parseS3Prefix(url)).toEqual({ bucket, key });
  });

  it.each([
    's3://',
    's3:///x',
    's3://-a/x',
    's3://user:s3cret@bucket/x',
    's3://b/a/../c',
    's3://b/./c',
    's3://b/x?versionId=1',
    's3://b/a#b',
  ])('refuses %s, and shows no secret', (url) => {
    const refusal = { code: 'INVALID_CONFIG', hint: expect.stringContaining('s3://bucket/prefix') };
    expect(() => parseS3Prefix(url)).toThrow(expect.objectContaining(refusal));
    expect(() => parseS3Prefix(url)).not.toThrow(/s3cret/);
  });

  it('takes a path after it, with or without a prefix', () => {
    expect(keyOf(parseS3Prefix('s3://b/p/q/'), 'a/b.bin')).toBe('p/q/a/b.bin');
    expect(keyOf(parseS3Prefix('s3://b'), 'a/b.bin')).toBe('a/b.bin');
  });
});

describe('s3://bucket/key', () => {
  it.each([
    ['s3://b/a/c.bin', { bucket: 'b', key: 'a/c.bin' }],
    ['s3://b/a#c.bin', { bucket: 'b', key: 'a#c.bin' }],
    ['s3://b/a/c.bin?versionId=x%2By.Z', { bucket: 'b', key: 'a/c.bin', versionId: 'x+y.Z' }],
  ])('%s', (url, location) => {
    expect(parseS3Object(url)).toEqual(location);
  });

  it.each(['s3://b', 's3://b/', 's3://b/folder/', 's3://b/a?region=x', 's3://b/a?versionId=%zz'])('refuses %s', (url) => {
    expect(() => parseS3Object(url)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  });
});
