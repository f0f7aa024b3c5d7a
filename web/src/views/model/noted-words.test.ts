import { expect, it } from 'vitest';
import { notedWords } from './noted-words.ts';

it.each([
  ['a <b>', 'a <b>'],
  [8, '8'],
  [null, 'null'],
  [['a', 1], 'a, 1'],
  [{ fps: 16, steps: 40 }, 'fps 16, steps 40'],
  [{ deep: { a: [1] }, none: null }, 'deep {"a":[1]}, none null'],
])('%j is %s', (value, words) => {
  expect(notedWords(value)).toBe(words);
});
