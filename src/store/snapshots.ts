/** Published model directories: reading their records, staging, publishing, listing. */
import { readdirSync } from 'node:fs';
import type { Sha256 } from '../domain/digest.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { isModelName } from '../domain/model-ref.ts';
import { pathFault } from '../domain/path-rules.ts';
import type { StoreContext } from './context.ts';
import { readRecord, writeRecord } from './record.ts';
import { fromWire, type SnapshotRecord, toWire, VERIFIED_FILE, type WireRecord } from './snapshot-record.ts';
import { readStatKey } from './stat-key.ts';

/** Undefined where the directory or its record is absent or torn. */
export function readSnapshot(context: StoreContext, directory: string): SnapshotRecord | undefined {
  const wire = readRecord<WireRecord>(context.resolver.modelFile(directory, VERIFIED_FILE));
  return wire && fromWire(wire);
}

/** Renames that come between two looks; more often in a row is no accident. */
const LOOKS = 5;

/**
 * As {@link readSnapshot}, for whoever holds no lock: what was renamed away between the listing and the look is `gone`, and not without a
 * record.
 */
export function lookAtSnapshot(context: StoreContext, directory: string): SnapshotRecord | 'gone' | 'unreadable' {
  for (let look = 0; look < LOOKS; look++) {
    const record = readSnapshot(context, directory);
    if (record !== undefined) return record;
    if (readStatKey(directory) === undefined) return 'gone';
  }
  return 'unreadable';
}

/** Digests that a snapshot's record names, wherever the snapshot lies. */
export const digestsIn = (context: StoreContext, directory: string): Sha256[] =>
  (readSnapshot(context, directory)?.files ?? []).map((file) => file.sha256);

export async function writeSnapshot(context: StoreContext, directory: string, record: SnapshotRecord): Promise<void> {
  await writeRecord(context, context.resolver.modelFile(directory, VERIFIED_FILE), toWire(record), { durable: true });
}

/** Every directory that is, or looks like, a snapshot: `{root}/{family or "components"}/{name}`. */
export function listSnapshots(context: StoreContext): string[] {
  const { resolver } = context;
  return folders(resolver.root)
    .filter(isModelName)
    .flatMap((family) => {
      const directory = resolver.modelFile(resolver.root, family);
      return folders(directory).map((name) => resolver.modelFile(directory, name));
    });
}

function folders(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && pathFault(entry.name) === undefined).map((entry) => entry.name);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw fsError(error, `list ${directory}`);
  }
}
