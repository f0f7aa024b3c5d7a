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
