/** `noteSmoke`: what a smoke test of a model that is held said, for whoever asks for its status. */
import type { SmokeNote } from '../domain/smoke.ts';
import { contentOf, writeSmokeNote } from '../store/smoke-notes.ts';
import { readSnapshot } from '../store/snapshots.ts';
import type { CallOptions, HeldModel } from './api.ts';
import type { Orchestration } from './orchestration.ts';
import { unlessUnwritable } from './unless-unwritable.ts';

/** A root that cannot be written has no note, and a warning says so. */
export async function noteSmoke(
  work: Orchestration,
  held: Pick<HeldModel, 'ref' | 'family' | 'content'>,
  note: SmokeNote,
  options: CallOptions = {},
): Promise<void> {
  const unwritten = await unlessUnwritable(() => writeSmokeNote(work.store, held, note));
  if (unwritten === undefined) return;
  const message = `the result is remembered nowhere, since the store cannot be written: ${unwritten.message}`;
  work.emitter(options, held.ref.modelId)({ type: 'warning', code: 'smoke_not_noted', message });
}

/** Of a directory that was just published, or found complete. */
export function contentAt(work: Orchestration, directory: string): string {
  const record = readSnapshot(work.store, directory);
  return record === undefined ? '' : contentOf(record);
}
