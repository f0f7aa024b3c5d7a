import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateKey } from './duplicate-key.ts';

describe('a key that stands twice', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"x":{"b":[],"c":{},"b":null}}', 'b'],
    ['[{"a":1},{"k":":{","k":0}]', 'k'],
    // The same key, once written with an escape.
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"":1,"":1}', ''],
  ])('is found: %s', (json, key) => {
    expect(duplicateKey(json)).toBe(key);
  });

  it('is not one of another object, nor a value', () => {
    expect(duplicateKey('{"a":{"a":"a"},"b":[{"a":1},{"a":2},"a","a"],"c":"a\\":"}')).toBeUndefined();
  });

  it('is looked for in strings of any length', () => {
    const long = JSON.stringify('\\"x'.repeat(2_000_000));
    expect(duplicateKey(`{${long}:1,"b":${long},${long}:2}`)).toHaveLength(6_000_000);
  });

  it('is in nothing that JSON.stringify has written', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => duplicateKey(JSON.stringify(value, null, indent)) === undefined));
  });
});
