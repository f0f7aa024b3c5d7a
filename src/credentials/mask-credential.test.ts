import { expect, it } from 'vitest';
import { maskCredential } from './mask-credential.ts';

it('shows the kind and the last four characters of a long credential, and of a short one the kind alone', () => {
  expect(maskCredential('hf_QmZkTrWxYvLpNsBdFgHjKlAbCd')).toBe('hf_…AbCd');
  expect(maskCredential('ghp_0123456789abcdefghijKLMN')).toBe('ghp_…KLMN');
  expect(maskCredential('AKIAIOSFODNN7EXAMPLE')).toBe('AKIA…MPLE');
  expect(maskCredential('hf_short')).toBe('hf_…');
  expect(maskCredential('hunter22')).toBe('…');
  expect(maskCredential('')).toBe('…');
});
