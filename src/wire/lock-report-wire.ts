import type { addData, diffData, fileChange, lockData, outdatedData, removeData } from '../documents/lock.ts';
import type {
  AddReport,
  DiffReport,
  DropReport,
  FailedPart,
  FileChange,
  FileFacts,
  LockReport,
  OutdatedReport,
} from '../domain/lock-results.ts';
import { errorDocumentWire } from './error-wire.ts';
import type { Wire } from './wire.ts';

export const lockReportWire = ({ lockfilePath, written, readBytes, parts, failed, notDerived }: LockReport): Wire<typeof lockData> => ({
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
  not_derived: notDerived.map(({ files, ...one }) => ({ ...one, files: [...files] })),
});

export const outdatedWire = ({ lockfilePath, readBytes, parts, failed }: OutdatedReport): Wire<typeof outdatedData> => ({
  lockfile: lockfilePath,
  current: failed.length === 0 && parts.every(({ state }) => state === 'current'),
  read_bytes: readBytes,
  parts: parts.map(({ changes, ...part }) => ({ ...part, changes: changes.map(changeWire) })),
  failed: failed.map(failedWire),
});

export const addWire = ({ fileCount, totalBytes, readBytes, manifestPath, lockfilePath, ...added }: AddReport): Wire<typeof addData> => ({
  ...added,
  file_count: fileCount,
  total_bytes: totalBytes,
  read_bytes: readBytes,
  manifest: manifestPath,
  lockfile: lockfilePath,
});

export const removeWire = ({ manifestPath, lockfilePath, models, unmounted }: DropReport): Wire<typeof removeData> => ({
  manifest: manifestPath,
  lockfile: lockfilePath,
  models: models.map(({ id, entries, keptDirectory }) => ({ id, entries, ...(keptDirectory && { kept_directory: keptDirectory }) })),
  unmounted,
});

export const diffWire = ({ from, to, changes, fromBytes, toBytes, moveBytes }: DiffReport): Wire<typeof diffData> => ({
  from,
  to,
  same: changes.length === 0,
  from_bytes: fromBytes,
  to_bytes: toBytes,
  move_bytes: moveBytes,
  changes: changes.map(changeWire),
});

const changeWire = ({ path, change, from, to }: FileChange): Wire<typeof fileChange> => ({
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
