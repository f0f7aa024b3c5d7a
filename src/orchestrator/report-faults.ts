/** A verb that did its work, and found that not all is well: what it reports as the error that a caller sees. Pure. */
import { ModelError } from '../domain/errors.ts';
import type { GcReport } from '../domain/gc.ts';
import type { FailedPart } from '../domain/lock-results.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { VerifyReport } from '../domain/results.ts';
import type { ScrubReport } from '../domain/scrub.ts';
import { formatBytes } from '../util/format-bytes.ts';

/** Undefined where every file is right. */
export function verifyFault({ ok, ref, files, formatFaults }: VerifyReport): ModelError | undefined {
  if (ok) return undefined;
  const wrong = files.filter((file) => !file.ok).map(({ path }) => path);
  const [format] = formatFaults;
  if (wrong.length === 0 && format !== undefined) {
    return new ModelError('FORMAT_INVALID', `${formatRef(ref)}: ${format.path} has the bytes that the manifest names; ${format.message}`, {
      reason: format.reason,
      details: { files: formatFaults.map(({ path }) => path) },
    });
  }
  const isAbsent = files.every(({ fault }) => fault === 'missing');
  const name = formatRef(ref);
  return new ModelError('CHECKSUM_FAIL', isAbsent ? `${name} is not here` : `${name}: ${wrongText(files)}`, {
    reason: 'verification_failed',
    hint: isAbsent ? `fetch it with \`wan models ensure ${name}\`` : `mend with \`wan models repair ${name}\``,
    details: { files: wrong },
  });
}

function wrongText(files: VerifyReport['files']): string {
  const wrong = files.filter(({ ok }) => !ok);
  const paths = wrong.map(({ path }) => path);
  const named = paths.length > 3 ? `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more` : paths.join(', ');
  const what = wrong.every(({ fault }) => fault === 'missing') ? 'missing' : 'not as the manifest says';
  return `${named} ${paths.length === 1 ? 'is' : 'are'} ${what}`;
}

export function scrubFault({ corrupt }: ScrubReport): ModelError | undefined {
  if (corrupt.length === 0) return undefined;
  const models = [...new Set(corrupt.flatMap((blob) => blob.models))];
  const what = corrupt.length === 1 ? '1 blob is not what its name says' : `${corrupt.length} blobs are not what their names say`;
  return new ModelError('CHECKSUM_FAIL', what, {
    reason: 'scrub_found_corruption',
    hint:
      models.length === 0
        ? 'no model here needs them'
        : `mend with \`wan models repair ${models.slice(0, 3).join(' ')}\`${models.length > 3 ? ', and so on' : ''}`,
    details: { digests: corrupt.map(({ digest }) => digest), models },
  });
}

/** All was done that may be done, and it was not enough. */
export function gcFault({ targets }: GcReport): ModelError | undefined {
  const short = targets.find(({ shortBytes }) => shortBytes > 0);
  if (short === undefined) return undefined;
  return new ModelError('NO_SPACE', `${formatBytes(short.shortBytes)} more should have gone, and nothing else may`, {
    reason: 'gc_target_missed',
    hint: 'see above what is kept and why: `wan models unpin`, or `wan models rm` of what is not needed',
    details: { kind: short.kind, wanted: short.wantedBytes, reached: short.reachedBytes, shortfall: short.shortBytes },
  });
}

/** The failure of one part, as that of a verb which did the others. */
export function lockFault([first, ...more]: readonly FailedPart[]): ModelError | undefined {
  if (first === undefined) return undefined;
  const { id, error } = first;
  const others = more.length === 0 ? '' : `; and so do ${more.map((part) => part.id).join(', ')}`;
  return new ModelError(error.code, `${id} fails: ${error.message}${others}`, {
    ...(error.reason !== undefined && { reason: error.reason }),
    hint: error.hint,
    attempts: error.attempts ?? [],
    ...(error.details && { details: error.details }),
    retryable: error.retryable,
  });
}
