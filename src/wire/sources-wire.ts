import type { sourcesResult } from '../documents/models.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { ModelSource, SourceProbe, SourcesReport } from '../domain/results.ts';
import { errorDocumentWire } from './error-wire.ts';
import type { Wire } from './wire.ts';

type SourceWire = Wire<typeof sourcesResult>['sources'][number];

export const sourcesWire = ({ ref, variant, sources, forgotten }: SourcesReport): Wire<typeof sourcesResult> => ({
  ref: formatRef(ref),
  ok: true,
  variant,
  sources: sources.map(sourceWire),
  ...(forgotten !== undefined && { forgotten }),
});

export const sourceWire = ({ source, host, fileCount, file, credentials, error, probe, failures }: ModelSource): SourceWire => ({
  source,
  ...(host !== undefined && { host }),
  file_count: fileCount,
  ...(file !== undefined && { file }),
  ...(credentials !== undefined && { credentials }),
  ...(error && { error: errorDocumentWire(error) }),
  ...(probe && { probe: probeWire(probe) }),
  failures,
});

const probeWire = ({ file, latencyMs, bytesPerSecond, error }: SourceProbe): NonNullable<SourceWire['probe']> => ({
  ok: error === undefined,
  file,
  ...(latencyMs !== undefined && { latency_ms: latencyMs }),
  ...(bytesPerSecond !== undefined && { bytes_per_second: bytesPerSecond }),
  ...(error && { error: errorDocumentWire(error) }),
});
