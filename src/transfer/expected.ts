/** What bytes are to be compared with, and how that is told. Pure. */
import type { OtherAlgorithm } from './content-hash.ts';
import type { HashResult } from './lane-protocol.ts';
import type { Expected } from './transfer.ts';

/** The kind that must be made beside the sha256. */
export const otherAlgorithm = ({ digest: { algorithm } }: Expected): OtherAlgorithm | undefined =>
  algorithm === 'sha256' ? undefined : algorithm;

/** The digest of the kind that is expected. */
export function foundFor({ digest: { algorithm } }: Expected, { sha256, other }: HashResult): string {
  if (algorithm === 'sha256') return sha256;
  if (other === undefined) throw new Error(`no ${algorithm} was made`);
  return other;
}

/** Neither the manifest nor a source says it now: the bytes had it when the model was published. */
export const isRecorded = ({ level, publishedBy }: Expected): boolean =>
  publishedBy === undefined && level !== 'manifest-sha256' && level !== 'lock-sha256';

/** `sha256 ab12… (manifest-sha256)`, `md5 ab12… (etag, as s3://bucket/x publishes it)` */
export function describeExpected(expected: Expected): string {
  const { digest, level, publishedBy } = expected;
  const recorded = isRecorded(expected) ? ', as it was published here' : '';
  const who = publishedBy === undefined ? recorded : `, as ${publishedBy} publishes it`;
  return `${digest.algorithm} ${digest.hex} (${level}${who})`;
}
