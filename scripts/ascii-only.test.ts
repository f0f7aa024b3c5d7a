import { expect, it } from 'vitest';
import { escapeBeyondAscii } from './ascii-only.ts';

it('escapes what is beyond ASCII, so that the code means the same', () => {
  const code = 'const mark = "✔ 🎬"; const pattern = /[é…]/; // naïve';
  const escaped = escapeBeyondAscii(code);
  expect(escaped).toMatch(/^[ -~]*$/);
  const marks = new Function(`${code}\nreturn [mark, pattern.test('…')]`) as () => unknown;
  expect((new Function(`${escaped}\nreturn [mark, pattern.test('…')]`) as () => unknown)()).toEqual(marks());
});
