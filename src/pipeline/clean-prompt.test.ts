import { expect, it } from 'vitest';
import { cleanPrompt } from './clean-prompt.ts';
import { unescapeHtml } from './ftfy/unescape-html.ts';

/** What diffusers' `prompt_clean` gives, with ftfy 6.3.1 and Python 3.11. test/conformance/clean-prompt.test.ts asks them again. */
it.each([
  ['  A cat\n walks\t on  the beach ', 'A cat walks on the beach'],
  ['色调艳丽，过曝，静态', '色调艳丽,过曝,静态'],
  ['“it’s” ﬁne', '"it\'s" fine'],
  ['ＬＯＵＤ　ﾀ', 'LOUD タ'],
  ['e\u0301', 'é'],
  ['a\x85b\ufeffc', 'a…bc'],
  ['a&#x1c;b \x1c', 'ab'],
  ['\x1b[31mred\x1b[0m', 'red'],
  ['lone \ud800 half', 'lone \ufffd half'],
  ['', ''],
])('%j is given to the tokenizer as %j', (prompt, clean) => {
  expect(cleanPrompt(prompt)).toBe(clean);
});

it.each([
  ['a &amp;amp; b &lt;b&gt;', 'a & b <b>'],
  ['&EACUTE;tude', 'Étude'],
  ['<b>&EACUTE;</b> &EACUTE;', '<b>&EACUTE;</b> &EACUTE;'],
  ['schÃ¶n\n<i>&amp;lt;', 'schön <i><'],
  ['&amp;amp;amp;amp; <', '&amp;amp; <'],
])('references of HTML are read as upstream does: %j is %j', (prompt, clean) => {
  expect(cleanPrompt(prompt)).toBe(clean);
});

it.each([
  ['sÃ³ voilÃ\xa0 le travail', 'só voilà le travail'],
  ['âœ” No problems', '✔ No problems'],
  ['â€œ like this â€\ufffd', '" like this \ufffd'],
  ['a cafÃ© beside a café', 'a café beside a café'],
])('mojibake is undone: %j is %j', (prompt, clean) => {
  expect(cleanPrompt(prompt)).toBe(clean);
});

it('unescapes once as html.unescape of Python does', () => {
  expect(unescapeHtml('&notit; &ampere &amp;lt; &#x80; &#0; &#11;x &#xD800; &#x110000; &#xfdd0; &nonsense; &')).toBe(
    '¬it; &ere &lt; € \ufffd x \ufffd \ufffd  &nonsense; &',
  );
});
