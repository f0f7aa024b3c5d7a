import type { errorObject } from '../documents/envelope.ts';
import type { importData } from '../documents/import.ts';
import type { ErrorDocument } from '../domain/errors.ts';
import type { ImportReport } from '../domain/import-results.ts';
import { formatRef } from '../domain/model-ref.ts';
import { errorDocumentWire } from './error-wire.ts';
import type { Wire } from './wire.ts';

export function importWire(report: ImportReport): Wire<typeof importData> {
  const { from, path, adopted, refused, models, unknown, unpinned, unreadable } = report;
  return {
    from: from as Wire<typeof importData>['from'],
    path,
    dry_run: report.isDryRun,
    found_files: report.foundFiles,
    found_bytes: report.foundBytes,
    read_bytes: report.readBytes,
    adopted_bytes: sum(adopted),
    copied_bytes: sum(adopted.filter(({ way }) => way === 'copy')),
    present_bytes: report.presentBytes,
    adopted: adopted.map(({ sizeBytes, ...file }) => ({ ...file, size_bytes: sizeBytes })),
    refused: refused.map(({ sizeBytes, error, ...file }) => ({ ...file, size_bytes: sizeBytes, ...errorOf(error) })),
    models: models.map(({ ref, state, path: directory, totalBytes, missingBytes, missingFiles, openBytes, openFiles, error }) => ({
      ref: formatRef(ref),
      state,
      path: directory,
      total_bytes: totalBytes,
      missing_bytes: missingBytes,
      missing_files: missingFiles,
      open_bytes: openBytes,
      open_files: openFiles,
      ...errorOf(error),
    })),
    unknown: unknown.map(({ name, fileCount, totalBytes, add }) => ({
      name,
      file_count: fileCount,
      total_bytes: totalBytes,
      ...(add !== undefined && { add }),
    })),
    unpinned,
    unreadable,
  };
}

const errorOf = (error: ErrorDocument | undefined): { error?: Wire<typeof errorObject> } =>
  error === undefined ? {} : { error: errorDocumentWire(error) };

const sum = (files: readonly { readonly sizeBytes: number }[]): number => files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
