import { expect, it } from 'vitest';
import { compareVersions } from './compare-versions.ts';

it('versions are in the order of semantic versioning', () => {
  const ordered = [
    '0.9.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.2.0',
    '1.10.0',
    '2.0.0',
  ];
  const shuffled = ordered.toReversed();
  shuffled.push(...shuffled.splice(0, 4));
  expect(shuffled.sort(compareVersions)).toEqual(ordered);
  expect(compareVersions('1.0.0', '1.0.0')).toBe(0);
});
