import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleText } from './visible-text.ts';

describe('visibleText', () => {
  it.each([
    ['clears the screen', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['names the window', '\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
    ['colours by one character', '\u009b31m', '\\u009b31m'],
    ['goes back', 'real\rfake', 'real\\u000dfake'],
    ['turns the reading round', 'a\u202egpj.exe', 'a\\u202egpj.exe'],
    ['cannot be seen', 'a\u200bb\u{e0041}', 'a\\u200bb\\udb40\\udc41'],
    ['breaks a line elsewhere', 'a\u2028b', 'a\\u2028b'],
  ])('writes out what %s', (_, text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  it.each(['two\nlines', 'Größe … ✔ 模型 🚀', 'C:\\models', ''])('leaves %j as it is', (text) => {
    expect(visibleText(text)).toBe(text);
  });

  it('leaves nothing that steers a terminal, changes nothing twice, and keeps what JSON says', () => {
    const hostile = fc.string({
      unit: fc.constantFrom('\u001b', '\r', '\u009b', '\u202e', '\u2028', '\u200b', '\u{e0041}', '\ud800', 'a', '"', '\\', '\n'),
    });
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = visibleText(text);
        expect(shown).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
        expect(visibleText(shown)).toBe(shown);
        const json = visibleText(JSON.stringify({ text }, null, 2));
        expect(json).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});
