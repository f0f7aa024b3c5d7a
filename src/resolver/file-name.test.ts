import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collisionKey, pathFault } from '../domain/path-rules.ts';
import { fileNameOf, textOfFileName } from './file-name.ts';

const anyText = fc.oneof(
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc
    .array(fc.constantFrom('a', 'A', '.', '!', '%', '/', '\\', '..', 'con', 'NUL', ' ', 'é', 'e\u0301', '@', '~'), { minLength: 1 })
    .map((parts) => parts.join('')),
  fc.string({ minLength: 150, maxLength: 300, unit: 'grapheme-ascii' }),
);

describe('texts as file names', () => {
  it.each([
    ['wan22@t2v-A14B@2.2.0', 'wan22@t2v-!a14!b@2.2.0'],
    ['ab12', 'ab12'],
    ['a/b', 'a%2fb'],
    ['..', '%2e%2e'],
    ['con', '%63on'],
    ['aux.x', '%61ux.x'],
    ['x.', 'x%2e'],
    ['50%!', '50%25%21'],
  ])('%j is %j and back', (text, name) => {
    expect(fileNameOf(text)).toBe(name);
    expect(textOfFileName(name)).toBe(text);
  });

  it('every name is safe on every platform', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const name = fileNameOf(text);
        expect(pathFault(name)).toBeUndefined();
        expect(name.length).toBeLessThanOrEqual(180);
      }),
    );
  });

  it('no two texts share a name, whatever the volume folds', () => {
    fc.assert(fc.property(anyText, anyText, (a, b) => (collisionKey(fileNameOf(a)) === collisionKey(fileNameOf(b))) === (a === b)));
  });

  it('every short name leads back to its text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const name = fileNameOf(text);
        expect(textOfFileName(name)).toBe(name.includes('~') ? undefined : text);
      }),
    );
  });

  it('nothing, and what has no bytes, is a bug', () => {
    for (const text of ['', 'a\ud800']) expect(() => fileNameOf(text)).toThrow('no file name');
  });

  it.each(['', '%', 'A', 'a b', '%2F', '%zz', 'a~b', '.x', 'con'])('%j is the name of no text', (name) => {
    expect(textOfFileName(name)).toBeUndefined();
  });
});
