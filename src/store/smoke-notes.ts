/** What the last smoke test of a model said. It holds for the files that were tested: other bytes under the same name have none. */
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { SmokeNote } from '../domain/smoke.ts';
import { fingerprint } from '../util/fingerprint.ts';
import type { StoreContext } from './context.ts';
import { readRecord, writeRecord } from './record.ts';
import type { SnapshotRecord } from './snapshot-record.ts';

const SCHEMA = 'wan.smoke/v1';

interface WireNote {
  readonly schema: typeof SCHEMA;
  readonly content: string;
  readonly verdict: SmokeNote['verdict'];
  readonly error?: SmokeNote['error'];
  readonly at: string;
  readonly duration_seconds: number;
  readonly device: SmokeNote['device'];
  readonly device_name?: string;
  readonly versions: SmokeNote['versions'];
  readonly modes: SmokeNote['modes'];
  readonly load_seconds?: number;
  readonly step_seconds?: number;
  readonly host_peak_bytes?: number;
  readonly gpu_peak_bytes?: number;
}

export interface NotedModel {
  readonly family: string;
  readonly ref: CanonicalRef;
  /** As {@link contentOf} gives it. */
  readonly content: string;
}

/** Changes with every path and byte of a snapshot, and with nothing else. */
export const contentOf = ({ files }: Pick<SnapshotRecord, 'files'>): string =>
  fingerprint(
    Buffer.from(
      files
        .map(({ path, sha256 }) => `${sha256} ${path}\n`)
        .sort()
        .join(''),
    ),
  );

/** Not durable: lost, the model counts as untested. */
export async function writeSmokeNote(context: StoreContext, { family, ref, content }: NotedModel, note: SmokeNote): Promise<void> {
  const { durationSeconds, deviceName, loadSeconds, stepSeconds, hostPeakBytes, gpuPeakBytes, ...rest } = note;
  const record: WireNote = {
    schema: SCHEMA,
    content,
    ...rest,
    duration_seconds: durationSeconds,
    ...(deviceName !== undefined && { device_name: deviceName }),
    ...(loadSeconds !== undefined && { load_seconds: loadSeconds }),
    ...(stepSeconds !== undefined && { step_seconds: stepSeconds }),
    ...(hostPeakBytes !== undefined && { host_peak_bytes: hostPeakBytes }),
    ...(gpuPeakBytes !== undefined && { gpu_peak_bytes: gpuPeakBytes }),
  };
  await writeRecord(context, pathOf(context, family, ref), record, { durable: false });
}

/** @param record of the snapshot as it is now */
export function readSmokeNote(context: StoreContext, family: string, record: SnapshotRecord): SmokeNote | undefined {
  const wire = readRecord<WireNote>(pathOf(context, family, record.ref));
  if (wire?.schema !== SCHEMA || wire.content !== contentOf(record)) return undefined;
  const { verdict, error, at, device, versions, modes } = wire;
  return {
    ...{ verdict, at, device, versions, modes, durationSeconds: wire.duration_seconds },
    ...(error && { error }),
    ...(wire.device_name !== undefined && { deviceName: wire.device_name }),
    ...(wire.load_seconds !== undefined && { loadSeconds: wire.load_seconds }),
    ...(wire.step_seconds !== undefined && { stepSeconds: wire.step_seconds }),
    ...(wire.host_peak_bytes !== undefined && { hostPeakBytes: wire.host_peak_bytes }),
    ...(wire.gpu_peak_bytes !== undefined && { gpuPeakBytes: wire.gpu_peak_bytes }),
  };
}

const pathOf = ({ resolver }: StoreContext, family: string, ref: CanonicalRef): string =>
  resolver.stateFile('smoke', resolver.refName(family, ref));
