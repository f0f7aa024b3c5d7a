import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerptOf, needsMoreBytes, SNIFF_BYTES, sniffBody } from './sniff-body.ts';

const html = { contentType: 'text/html; charset=utf-8', path: 'model.safetensors' };
const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';

describe('the first bytes of a body', () => {
  it.each(['<!DOCTYPE html><html>', '<html lang="en">', '\ufeff\n  <!doctype HTML>'])('%j sent as text/html is a web page', (text) => {
    expect(sniffBody(Buffer.from(text), html)).toMatchObject({ code: 'FORMAT_INVALID', reason: 'html_body' });
  });

  it('of a page are told, without keys and signed URLs', () => {
    const page = `<html><a href="https://h/x?X-Amz-Signature=abc123">key ${'A'.repeat(40)}</a>${'x '.repeat(500)}`;
    const { message = '' } = sniffBody(Buffer.from(page), html) ?? {};
    expect(message).toContain('<html><a href=');
    expect(message).not.toMatch(/abc123|AAAAAA/);
    expect(message.length).toBeLessThan(300);
  });

  it('are a page only where the server says so and the file is none', () => {
    expect(sniffBody(Buffer.from('<html>'), { path: 'a.bin' })).toBeUndefined();
    expect(sniffBody(Buffer.from('<html>'), { ...html, path: 'docs/readme.html' })).toBeUndefined();
    expect(sniffBody(Buffer.from('{"a": 1}'), html)).toBeUndefined();
  });

  it('of a Git-LFS pointer are one, whatever the server says', () => {
    expect(sniffBody(Buffer.from(POINTER), { path: 'a' })).toMatchObject({
      code: 'FORMAT_INVALID',
      reason: 'lfs_pointer',
      details: { pointer_size_bytes: 12345 },
    });
  });

  it('that are few give the same verdict as all, once no more are asked for', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(POINTER, '<!doctype html><p>', '  \n<html>', 'GGUF....', '\ufeff<html>', '{}'),
        fc.integer({ min: 1, max: 40 }),
        (text, size) => {
          const bytes = Buffer.from(text.padEnd(SNIFF_BYTES, '.'));
          let seen = size;
          while (needsMoreBytes(bytes.subarray(0, seen))) seen += size;
          expect(sniffBody(bytes.subarray(0, seen), html)?.reason).toBe(sniffBody(bytes, html)?.reason);
        },
      ),
    );
  });

  it('of weights are judged at once', () => {
    expect(needsMoreBytes(Buffer.from([0x28, 0x01]))).toBe(false);
    expect(needsMoreBytes(Buffer.alloc(0))).toBe(true);
  });
});

it('an excerpt is one short line', () => {
  expect(excerptOf('a\n\tb\u0000\u001b[31m\u202ec')).toBe('a b[31mc');
  expect(excerptOf('x '.repeat(500))).toHaveLength(120);
});
