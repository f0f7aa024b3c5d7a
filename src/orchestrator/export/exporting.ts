/** An export at work: what both of its layouts share. */
import type { ExportedFile, ExportReport } from '../../domain/export-results.ts';
import type { ExportOptions } from '../api.ts';
import type { Orchestration } from '../orchestration.ts';
import { ProgressMeter } from '../progress-meter.ts';
import type { PublishedFile } from '../published-files.ts';
import type { Target } from '../target.ts';
import type { CopyRun } from './copy-out.ts';

export interface Exporting {
  readonly work: Orchestration;
  readonly target: Target;
  readonly files: readonly PublishedFile[];
  /** Absolute. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly options: ExportOptions;
}

export function reportOf({ target, files, options }: Exporting, path: string, ways: readonly ExportedFile['way'][]): ExportReport {
  return {
    ref: target.spec.ref,
    layout: options.layout ?? 'files',
    path,
    totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    written: ways.some((way) => way !== 'kept'),
    files: files.map(({ spec, sizeBytes, sha256 }, at) => ({ path: spec.path, sizeBytes, sha256, way: ways[at] ?? 'kept' })),
  };
}

export function copyRun({ work, target, files, signal, options }: Exporting): CopyRun {
  const emit = work.emitter(options, target.label, target.spec.variant);
  const meter = new ProgressMeter({ clock: work.store.clock, emit });
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  meter.expect(totalBytes);
  emit({ type: 'ensure.planned', totalBytes, heldBytes: 0, fetchBytes: 0 });
  return { work, emit, signal, doing: `export ${target.label}`, onBytes: (bytes) => meter.held(bytes) };
}
