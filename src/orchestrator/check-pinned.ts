import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import type { Target } from './target.ts';

/**
 * A derived file's digest in the spec is the lockfile's: another machine made it of the same inputs.
 * @throws ModelError CHECKSUM_FAIL reason derivation_differs
 */
export function checkPinned({ label, files }: Pick<Target, 'label' | 'files'>, path: string, found: Sha256): void {
  const expected = files.find((file) => file.path === path)?.sha256;
  if (expected === undefined || expected === found) return;
  throw new ModelError('CHECKSUM_FAIL', `${label}: ${path} was made here as ${found}, and is pinned as ${expected}`, {
    reason: 'derivation_differs',
    hint: 'lock the model again with this version; if it was locked with this version, check the memory and disk of both machines',
    details: { file: path, expected, found },
  });
}
