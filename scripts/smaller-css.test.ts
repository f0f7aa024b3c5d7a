import { expect, it } from 'vitest';
import { smallerCss } from './smaller-css.ts';

it('leaves out comments and empty space, and keeps what means something', () => {
  const css =
    '/* why */\na > b,\na :hover {\n  width: calc(1px + 2em);\n  margin: 0 1px;\n}\n\n@media (width < 40rem) {\n  a { color: red; }\n}\n';
  expect(smallerCss(css)).toBe('a > b, a :hover{width: calc(1px + 2em);margin: 0 1px}@media (width < 40rem){a{color: red}}');
});
