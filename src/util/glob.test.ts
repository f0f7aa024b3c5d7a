import { describe, expect, it } from 'vitest';
import { compileGlob, compileGlobs } from './glob.ts';

const matching = (pattern: string, ...paths: string[]) => paths.filter(compileGlob(pattern));

describe('compileGlob', () => {
  it('lets a star cross folders, as huggingface_hub does', () => {
    expect(matching('*.json', 'a.json', 'unet/config.json', 'a.json.bak', '.json')).toEqual(['a.json', 'unet/config.json', '.json']);
    expect(matching('unet/*', 'unet/a', 'unet/b/c', 'unet2/a', 'unet')).toEqual(['unet/a', 'unet/b/c']);
  });

  it('matches the whole path, not a part of it', () => {
    expect(matching('config', 'config', 'config.json', 'a/config')).toEqual(['config']);
  });

  it('reads ? as one character and brackets as a set', () => {
    expect(matching('model-?.bin', 'model-1.bin', 'model-12.bin')).toEqual(['model-1.bin']);
    expect(matching('[a-c]x', 'ax', 'cx', 'dx')).toEqual(['ax', 'cx']);
    expect(matching('[!a-c]x', 'ax', 'dx')).toEqual(['dx']);
    expect(matching('[]]x', ']x', 'ax')).toEqual([']x']);
    expect(matching('[x', '[x', 'x')).toEqual(['[x']);
    expect(matching('[a-]', '-', 'a', 'b')).toEqual(['-', 'a']);
  });

  it('takes a pattern that ends in a slash as everything below', () => {
    expect(matching('vae/', 'vae/config.json', 'vae', 'vaes/x')).toEqual(['vae/config.json']);
  });

  it('treats the characters of regular expressions as themselves', () => {
    expect(matching('a.b+(c)', 'a.b+(c)', 'aXb+(c)', 'a.bb(c)')).toEqual(['a.b+(c)']);
  });

  it('answers at once to a pattern made to hang', () => {
    const started = performance.now();
    expect(compileGlob(`${'*a'.repeat(200)}b`)('a'.repeat(4000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('compileGlobs', () => {
  it('matches what any pattern matches', () => {
    expect(['a.json', 'b.md', 'c.yaml'].filter(compileGlobs(['*.json', '*.yaml']))).toEqual(['a.json', 'c.yaml']);
    expect(compileGlobs([])('a')).toBe(false);
  });
});

/** What huggingface_hub 2.4.0 takes of these paths: its filter_repo_objects was asked, pattern by pattern. */
describe('compileGlob and huggingface_hub', () => {
  const paths = [
    'config.json',
    'data/a.json',
    'data/sub/x.json',
    '.gitattributes',
    'transformer/m.safetensors',
    'transformer_2/m.safetensors',
    'transformer',
    'a b.txt',
    'a[1].txt',
    'a-b',
    'a!b',
    'Model.BIN',
    'model.bin',
    'ä.json',
    'a^b',
    'a]b',
    'weights.pt',
    '.json',
    'a\nb',
  ];
  it.each<[string, string[]]>([
    ['*.json', ['config.json', 'data/a.json', 'data/sub/x.json', 'ä.json', '.json']],
    [
      '*',
      [
        'config.json',
        'data/a.json',
        'data/sub/x.json',
        '.gitattributes',
        'transformer/m.safetensors',
        'transformer_2/m.safetensors',
        'transformer',
        'a b.txt',
        'a[1].txt',
        'a-b',
        'a!b',
        'Model.BIN',
        'model.bin',
        'ä.json',
        'a^b',
        'a]b',
        'weights.pt',
        '.json',
        'a\nb',
      ],
    ],
    ['?', []],
    ['data/*', ['data/a.json', 'data/sub/x.json']],
    ['data/*.json', ['data/a.json', 'data/sub/x.json']],
    ['transformer/*', ['transformer/m.safetensors']],
    ['transformer*', ['transformer/m.safetensors', 'transformer_2/m.safetensors', 'transformer']],
    ['transformer/', ['transformer/m.safetensors']],
    ['[a-c]*', ['config.json', 'a b.txt', 'a[1].txt', 'a-b', 'a!b', 'a^b', 'a]b', 'a\nb']],
    [
      '[!a-c]*',
      [
        'data/a.json',
        'data/sub/x.json',
        '.gitattributes',
        'transformer/m.safetensors',
        'transformer_2/m.safetensors',
        'transformer',
        'Model.BIN',
        'model.bin',
        'ä.json',
        'weights.pt',
        '.json',
      ],
    ],
    ['[^a]*', ['a b.txt', 'a[1].txt', 'a-b', 'a!b', 'a^b', 'a]b', 'a\nb']],
    ['[]]*', []],
    ['a[]]b', ['a]b']],
    ['a[!]]b', ['a-b', 'a!b', 'a^b', 'a\nb']],
    ['a[[]1].txt', ['a[1].txt']],
    ['[', []],
    ['[a', []],
    ['a[-]b', ['a-b']],
    ['a[b-]b', ['a-b']],
    ['a[!]b', []],
    ['[z-a]*', []],
    ['a[z-a!b]b', ['a-b', 'a!b', 'a^b', 'a]b', 'a\nb']],
    [
      '*[!n]',
      [
        '.gitattributes',
        'transformer/m.safetensors',
        'transformer_2/m.safetensors',
        'transformer',
        'a b.txt',
        'a[1].txt',
        'a-b',
        'a!b',
        'Model.BIN',
        'a^b',
        'a]b',
        'weights.pt',
        'a\nb',
      ],
    ],
    ['**/*.json', ['data/a.json', 'data/sub/x.json']],
    ['*.{json,pt}', []],
    ['*.bin', ['model.bin']],
    ['*.BIN', ['Model.BIN']],
    ['data\\*.json', ['data/a.json', 'data/sub/x.json']],
    ['x/y.json', []],
    ['*.j?on', ['config.json', 'data/a.json', 'data/sub/x.json', 'ä.json', '.json']],
    ['.*', ['.gitattributes', '.json']],
    ['', []],
    ['[!]', []],
    ['a[\\]]b', []],
    ['[A-z]*.bin', ['model.bin']],
    ['*\nb', ['a\nb']],
    ['[a-c-e]*', ['config.json', 'a b.txt', 'a[1].txt', 'a-b', 'a!b', 'a^b', 'a]b', 'a\nb']],
    ['a[+--]b', ['a-b']],
    ['*[]', []],
    ['[]-a]*', ['a b.txt', 'a[1].txt', 'a-b', 'a!b', 'a^b', 'a]b', 'a\nb']],
    [
      '[!!]*',
      [
        'config.json',
        'data/a.json',
        'data/sub/x.json',
        '.gitattributes',
        'transformer/m.safetensors',
        'transformer_2/m.safetensors',
        'transformer',
        'a b.txt',
        'a[1].txt',
        'a-b',
        'a!b',
        'Model.BIN',
        'model.bin',
        'ä.json',
        'a^b',
        'a]b',
        'weights.pt',
        '.json',
        'a\nb',
      ],
    ],
    ['[--a]*', ['.gitattributes', 'a b.txt', 'a[1].txt', 'a-b', 'a!b', 'Model.BIN', 'a^b', 'a]b', '.json', 'a\nb']],
  ])('agree on %j', (pattern, expected) => {
    expect(matching(pattern, ...paths)).toEqual(expected);
  });
});
