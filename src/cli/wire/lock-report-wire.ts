import type { FailedPart, FileChange, FileFacts, LockReport, OutdatedReport } from '../../domain/lock-results.ts';
import type { fileChange, lockData, outdatedData } from '../documents/lock.ts';
import { errorDocumentWire } from './error-wire.ts';
import type { Wire } from './wire.ts';

export const lockReportWire = ({ lockfilePath, written, readBytes, parts, failed }: LockReport): Wire<typeof lockData> => ({
  lockfile: lockfilePath,
  written,
  read_bytes: readBytes,
  parts: parts.map(({ fileCount, totalBytes, wasEdited, changes, ...part }) => ({
    ...part,
    file_count: fileCount,
    total_bytes: totalBytes,
    was_edited: wasEdited,
    changes: changes.map(changeWire),
  })),
  failed: failed.map(failedWire),
});

export const outdatedWire = ({ lockfilePath, readBytes, parts, failed }: OutdatedReport): Wire<typeof outdatedData> => ({
  lockfile: lockfilePath,
  current: failed.length === 0 && parts.every(({ state }) => state === 'current'),
  read_bytes: readBytes,
  parts: parts.map(({ changes, ...part }) => ({ ...part, changes: changes.map(changeWire) })),
  failed: failed.map(failedWire),
});

export const changeWire = ({ path, change, from, to }: FileChange): Wire<typeof fileChange> => ({
  path,
  change,
  ...(from && { from: factsWire(from) }),
  ...(to && { to: factsWire(to) }),
});

const factsWire = ({ sizeBytes, gitOid, ...facts }: FileFacts) => ({
  size_bytes: sizeBytes,
  ...facts,
  ...(gitOid !== undefined && { git_oid: gitOid }),
});

const failedWire = ({ id, error }: FailedPart) => ({ id, error: errorDocumentWire(error) });
