import { expect, it } from 'vitest';
import { redactUrl } from './redact-url.ts';

it.each([
  ['https://user:pa@ss@host:8080/a/b', 'https://host:8080/a/b'],
  ['https://token@host', 'https://host'],
  ['https://host/a?X-Amz-Signature=abc#x', 'https://host/a?…'],
  ['https://host/a?b=1&redirect=https://c@d/', 'https://host/a?…'],
  ['https://host/a@b', 'https://host/a@b'],
  ['hf://org/repo@main', 'hf://org/repo@main'],
  ['local://t2v-A14B@2.2.0/x', 'local://t2v-A14B@2.2.0/x'],
  ['guarded+https://token@host/a?b=1', 'https://host/a?…'],
])('%s is printed as %s', (url, printed) => {
  expect(redactUrl(url)).toBe(printed);
});
