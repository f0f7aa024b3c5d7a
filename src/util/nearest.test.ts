import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.ts';

describe('nearest', () => {
  it('finds the word that was meant', () => {
    expect(nearest('shaa256', ['path', 'size', 'sha256'])).toBe('sha256');
    expect(nearest('varaints', ['version', 'variants'])).toBe('variants');
    expect(nearest('SIZE', ['path', 'size'])).toBe('size');
  });

  it('counts two swapped letters as one slip', () => {
    expect(nearest('pth', ['path', 'hpt'])).toBe('path');
    expect(nearest('szie', ['size', 'since'])).toBe('size');
  });

  it('offers nothing where nothing is near', () => {
    expect(nearest('colour', ['path', 'size', 'sha256'])).toBeUndefined();
    expect(nearest('', ['path'])).toBeUndefined();
    expect(nearest('x'.repeat(10_000), ['path'])).toBeUndefined();
  });
});
