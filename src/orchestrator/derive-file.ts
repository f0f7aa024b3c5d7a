/** One derived file made real: see docs/store-format.md, "Derived files". */
import { hash } from 'node:crypto';
import type { CastThreads } from '../cast/cast-threads.ts';
import { throwIfCancelled } from '../domain/cancelled.ts';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import { derivationKey, readDerivation, recordDerivation } from '../store/derivations.ts';
import type { PartialBlob } from '../store/partial-blob.ts';
import { writeWhole } from '../util/write-whole.ts';
import { isHere } from './blob-here.ts';
import { checkPinned } from './check-pinned.ts';
import { commitBlob, underBlobLock } from './commit-blob.ts';
import type { DeriveOrder } from './derive-plan.ts';
import type { EnsureRun } from './ensure-run.ts';
import { type ObtainedBlob, useBlobHere } from './obtain-blob.ts';

export type { DeriveOrder } from './derive-plan.ts';

export interface MakeRequest {
  readonly order: DeriveOrder;
  readonly threads: CastThreads;
  /** Make it again even where it is here. */
  readonly force: boolean;
}

export async function makeDerived(run: EnsureRun, request: MakeRequest): Promise<ObtainedBlob> {
  throwIfCancelled(run.signal, run.doing);
  const { derived } = request.order;
  return underBlobLock(run, derivationKey(derived), async () => {
    const blob = (request.force ? undefined : await useMade(run, request.order)) ?? (await make(run, request));
    return { ...blob, derived };
  });
}

/** Another process, or another model with the same input, has made it meanwhile. */
async function useMade(run: EnsureRun, { file, derived }: DeriveOrder): Promise<ObtainedBlob | undefined> {
  const output = readDerivation(run.work.store, derived);
  if (output === undefined) return undefined;
  const { sha256: digest, sizeBytes } = output;
  const blob = await underBlobLock(run, digest, () => useBlobHere(run, { file: { ...file.spec, sizeBytes }, digest, force: false }));
  if (blob !== undefined) checkPinned(run.target, file.spec.path, digest);
  return blob;
}

async function make(run: EnsureRun, { order, threads, force }: MakeRequest): Promise<ObtainedBlob> {
  const { work } = run;
  const { file, derived, sizeBytes } = order;
  const { path, proof } = file.spec;
  const startedMs = work.store.clock.monotonic();
  // One piece: it is written from the start each time.
  const partial = await work.partials.open({ key: derivationKey(derived), sizeBytes, pieceBytes: sizeBytes, fresh: true });
  try {
    run.emit({ type: 'file.started', file: path, sizeBytes, heldBytes: 0, source: run.target.base?.label ?? run.target.label });
    const digest = await write(run, { order, threads, partial });
    await proveInput(run, order);
    checkPinned(run.target, path, digest);
    // Who died before its record was written had made it already: then that stays.
    await commitBlob(run, { partial, digest, replaces: force });
    await recordDerivation(work.store, derived, { sha256: digest, sizeBytes });
    const durationMs = work.store.clock.monotonic() - startedMs;
    run.emit({ type: 'file.finished', file: path, sizeBytes, fetchedBytes: 0, origin: 'derived', sources: [], proof, durationMs });
    return { digest, origin: 'derived', fetchedBytes: 0, sources: [] };
  } finally {
    await partial.discard();
  }
}

/** It was proven when it was obtained; what was written to since then must not be published as made from it. */
async function proveInput(run: EnsureRun, { file, derived }: DeriveOrder): Promise<void> {
  const [input] = file.spec.derive?.inputs ?? [];
  const [digest] = derived.from;
  if (input === undefined || digest === undefined) throw new Error(`${file.spec.path} is made from nothing`);
  if (await underBlobLock(run, digest, () => isHere(run, { file: input, digest }))) return;
  throw new ModelError('CONCURRENT_MODIFICATION', `${input.path} was changed while ${file.spec.path} was made from it`, {
    details: { file: file.spec.path, input: digest },
  });
}

interface WriteRequest {
  readonly order: DeriveOrder;
  readonly threads: CastThreads;
  readonly partial: PartialBlob;
}

async function write(run: EnsureRun, { order, threads, partial }: WriteRequest): Promise<Sha256> {
  if ('bytes' in order) return writeBytes(run, partial, order.bytes);
  const { file, inputPath, cast, sizeBytes } = order;
  let doneBytes = 0;
  const onWritten = (deltaBytes: number): void => {
    doneBytes += deltaBytes;
    run.meter.held(deltaBytes);
    run.emit({ type: 'file.progress', file: file.spec.path, doneBytes, sizeBytes, verifiedBytes: doneBytes });
  };
  return threads.cast({ name: file.spec.path, inputPath, outputFd: partial.fd, plan: cast, signal: run.signal, onWritten });
}

function writeBytes(run: EnsureRun, partial: PartialBlob, bytes: Uint8Array): Sha256 {
  try {
    writeWhole(partial.fd, bytes, 0);
  } catch (error) {
    throw fsError(error, `write ${partial.path}`);
  }
  run.meter.held(bytes.length);
  return sha256Of(hash('sha256', bytes));
}
