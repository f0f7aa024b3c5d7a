import { describe, expect, it } from 'vitest';
import { tierTable } from './tier-table.ts';

const context = { baseDir: '/etc/wan', homeDir: '/home/me', platform: 'linux' } as const;
const parse = (raw: unknown) => tierTable.parse(raw, context)?.value;

describe('tiers', () => {
  it('are tables of a path or an S3 URL, with a policy', () => {
    expect(parse({ cold: { path: '~/cold', compress: 'zstd', idle: '14d', min_size: '1G' }, deep: { url: 's3://bucket/wan/' } })).toEqual([
      { name: 'cold', place: { kind: 'path', path: '/home/me/cold' }, compress: true, idleMs: 14 * 86_400_000, minSizeBytes: 1 << 30 },
      { name: 'deep', place: { kind: 's3', url: 's3://bucket/wan' }, compress: false, minSizeBytes: 0 },
    ]);
  });

  it('are name=place in the environment', () => {
    expect(parse('cold=/mnt/hdd/wan, deep=s3://bucket/p')).toMatchObject([
      { name: 'cold', place: { path: '/mnt/hdd/wan' } },
      { name: 'deep', place: { url: 's3://bucket/p' } },
    ]);
  });

  it.each([
    ['is MODELS_ROOT itself', { fast: { path: '/a' } }, 'MODELS_ROOT itself'],
    ['has a name that is no word', { 'a/b': { path: '/a' } }, 'plain name'],
    ['has no place', { cold: {} }, 'either a path or a url'],
    ['has two places', { cold: { path: '/a', url: 's3://b/c' } }, 'either a path or a url'],
    ['has a URL of another kind', { cold: { url: 'https://a.example/b' } }, 'either a path or a url'],
    ['has an unknown key', { cold: { path: '/a', idel: '1d' } }, '"idel"'],
    ['is compressed in S3', { cold: { url: 's3://b/c', compress: 'zstd' } }, 'nothing is compressed'],
    ['has an unknown compression', { cold: { path: '/a', compress: 'gzip' } }, 'neither "zstd" nor "off"'],
    ['has no duration', { cold: { path: '/a', idle: 'soon' } }, 'no duration'],
    ['has no size', { cold: { path: '/a', min_size: 'big' } }, 'no size'],
    ['has the place of another one', { cold: { path: '/a' }, deep: { path: '/a' } }, 'one place'],
  ])('are refused where one %s', (_, raw, says) => {
    expect(parse(raw)).toBeUndefined();
    expect(tierTable.problemsOf?.(raw).join(' ')).toContain(says);
  });

  it('are shown with what holds for them', () => {
    const shown = tierTable.show(
      parse({ cold: { path: '/c', compress: 'zstd', idle: '14d', min_size: '1G' }, deep: { url: 's3://b/p' } }) ?? [],
    );
    expect(shown).toBe('cold: /c (zstd, idle 14 d, min_size 1.0 GiB); deep: s3://b/p');
  });
});
