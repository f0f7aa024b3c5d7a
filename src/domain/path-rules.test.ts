import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collisionKey, isReservedName, type PathFaultReason, pathFault } from './path-rules.ts';

const BAD: readonly (readonly [string, PathFaultReason])[] = [
  ['', 'path_empty'],
  ['a\0b', 'path_nul'],
  ['a\u0007b', 'path_control'],
  ['a\nb', 'path_control'],
  ['gpj.\u202eexe', 'path_control'],
  ['zero\u200bwidth', 'path_control'],
  ['lone\ud800', 'path_unicode'],
  ['//server/share/x', 'path_unc'],
  ['\\\\server\\share', 'path_unc'],
  ['C:/x', 'path_drive'],
  ['c:x', 'path_drive'],
  ['/etc/passwd', 'path_absolute'],
  ['\\x', 'path_absolute'],
  ['..', 'path_traversal'],
  ['a/../../b', 'path_traversal'],
  ['a\\..\\b', 'path_traversal'],
  ['a\\b', 'path_backslash'],
  ['a//b', 'path_empty_segment'],
  ['a/', 'path_empty_segment'],
  ['./a', 'path_dot_segment'],
  ['CON', 'path_reserved'],
  ['vae/aux.txt', 'path_reserved'],
  ['NUL .tar.gz', 'path_reserved'],
  ['com¹', 'path_reserved'],
  ['LPT9/x', 'path_reserved'],
  ['.verified.json', 'path_reserved'],
  ['.Verified.JSON', 'path_reserved'],
  ['a.', 'path_trailing'],
  ['a /b', 'path_trailing'],
  ['a?.bin', 'path_character'],
  ['file:stream', 'path_character'],
  [`${'x'.repeat(256)}`, 'path_too_long'],
  [`${'é'.repeat(128)}`, 'path_too_long'],
  [Array(400).fill('12345678').join('/'), 'path_too_long'],
];

describe('paths inside a model', () => {
  it.each(BAD)('%j is refused as %s', (path, reason) => {
    expect(pathFault(path)?.reason).toBe(reason);
  });

  it.each([
    'model_index.json',
    'text_encoder/model-00001-of-00002.safetensors',
    '.gitattributes',
    'vae/.verified.json',
    'com10.bin',
    'console.txt',
    'モデル/重み.bin',
    'a b/c+d@e#f.bin',
    'x'.repeat(255),
  ])('%j is good', (path) => {
    expect(pathFault(path)).toBeUndefined();
  });

  it('a good path never leaves the folder it is joined to', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '..', '.', '/', '\\', 'C:', ' ', 'nul', '\0')), (parts) => {
        const path = parts.join('');
        if (pathFault(path) !== undefined) return;
        expect(new URL(path, 'file:///folder/').pathname.startsWith('/folder/')).toBe(true);
      }),
    );
  });

  it('device names are recognised with any extension and in any case', () => {
    expect(['con', 'Con.tar.gz', 'COM1', 'conin$'].every(isReservedName)).toBe(true);
    expect(['icon', 'com', 'com0', 'xnul'].some(isReservedName)).toBe(false);
  });
});

describe('paths that are one file on some volume', () => {
  it.each([
    ['VAE/x', 'vae/X'],
    ['caf\u00e9', 'cafe\u0301'],
    ['stra\u00dfe', 'STRASSE'],
    ['\u03c3', '\u03c2'],
  ])('%s and %s collide', (a, b) => {
    expect(collisionKey(a)).toBe(collisionKey(b));
  });

  it('different names stay apart', () => {
    expect(collisionKey('a/b')).not.toBe(collisionKey('a-b'));
  });
});
