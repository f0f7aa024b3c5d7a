/** `bundle apply`: every file of a bundle proven and kept first, then its models published; with one wrong byte none is. No socket is opened. */
import { basename, resolve } from 'node:path';
import { BundleBackend } from '../../backends/bundle/bundle-backend.ts';
import { factsOf, namesOf } from '../../backends/bundle/bundle-facts.ts';
import type { BundleModel } from '../../backends/bundle/bundle-index.ts';
import { type BundleBlob, bytesAt, entriesOf } from '../../backends/bundle/bundle-layout.ts';
import { type Bundle, openBundle } from '../../backends/bundle/open-bundle.ts';
import type { AppliedModel, BundleApplied } from '../../domain/bundle-results.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { asModelError, isModelError, type ModelError } from '../../domain/errors.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import { RegistryFile } from '../../registry/registry-file.ts';
import { beginIntent } from '../../store/intents.ts';
import { openStore } from '../../store/open-store.ts';
import { mapLimit } from '../../util/map-limit.ts';
import { type AdoptRun, adoptBlob } from '../adopt-blob.ts';
import type { ApplyBundleOptions } from '../api.ts';
import { callOf } from '../call-of.ts';
import { ensureModel } from '../ensure.ts';
import { needsOfNobody } from '../needs.ts';
import type { Orchestration } from '../orchestration.ts';
import { ProgressMeter } from '../progress-meter.ts';
import { ranOutOfSpace, reserveSpace } from '../space.ts';
import { checkEntries, writeEntries } from './bundle-entries.ts';
import { checkManifest, mergeManifest, writeMerged } from './bundle-manifest.ts';
import { wrongBytes } from './inspect-bundle.ts';

const BLOBS_AT_ONCE = 4;

export async function applyBundle(work: Orchestration, path: string, options: ApplyBundleOptions = {}): Promise<BundleApplied> {
  const signal = options.signal ?? new AbortController().signal;
  const bundle = await openBundle(resolve(path), signal);
  const { index, bytes } = bundle;
  const { manifestOut } = options;
  const registry =
    manifestOut === undefined
      ? await checkManifest(() => work.registry(), bytes.path, index)
      : (await mergeManifest(manifestOut, bytes.path, index)).registry;
  const carried = { bundle: bytes.path, entries: index.entries ?? new Map(), registry };
  checkEntries(work, carried);
  await openStore(work.store);
  // From here until its models are published nobody takes a blob for one that nobody needs.
  const intent = await beginIntent(work.store, { ref: `bundle ${basename(bytes.path)}`, digests: index.blobs.map(({ sha256 }) => sha256) });
  try {
    const moved = await adoptBlobs(work, bundle, { ...options, signal });
    const manifest =
      manifestOut === undefined ? undefined : await writeMerged(work, { path: manifestOut, bundle: bytes.path, index, options });
    const noted = await writeEntries(work, carried, callOf(options));
    const applied = await publishAll(manifest === undefined ? work : withManifest(work, manifest.path), bundle, { ...options, signal });
    return { ...factsOf(bundle), applied, ...moved, ...(manifest && { manifest }), ...noted };
  } finally {
    await intent.end();
  }
}

function withManifest(work: Orchestration, manifestPath: string): Orchestration {
  const file = new RegistryFile(manifestPath, work.store.resolver.stateDir('manifests'), work.entriesPath);
  return { ...work, manifestPath, registry: () => file.registry(), saveRegistry: () => file.save() };
}

type Options = ApplyBundleOptions & { readonly signal: AbortSignal };
type Moved = Pick<BundleApplied, 'adoptedBytes' | 'presentBytes'>;

async function adoptBlobs(work: Orchestration, bundle: Bundle, options: Options): Promise<Moved> {
  const { index, bytes } = bundle;
  const label = basename(bytes.path);
  const emit = work.emitter(options, label);
  const meter = new ProgressMeter({ clock: work.store.clock, emit, ...(options.onProgress && { onProgress: options.onProgress }) });
  const totalBytes = sizeOf(index.blobs);
  const writeBytes = missingBytes(work, index.blobs);
  meter.expect(totalBytes);
  meter.foresee(totalBytes - writeBytes);
  emit({ type: 'ensure.planned', totalBytes, heldBytes: totalBytes - writeBytes, fetchBytes: 0 });
  const reservation = await reserveSpace(work, { label, needs: () => [needsOfNobody(label, writeBytes)], call: options });
  const unwatch = meter.watchMoved((moved) => reservation.update(writeBytes - moved));
  try {
    const run: AdoptRun = { work, emit, meter, doing: `bundle apply ${label}`, signal: options.signal, engine: await work.engine({}) };
    const adopted = await adoptAll(run, bundle);
    meter.tell(true);
    return { adoptedBytes: sizeOf(adopted), presentBytes: totalBytes - sizeOf(adopted) };
  } catch (error) {
    if (!isModelError(error, 'NO_SPACE')) throw error;
    throw await ranOutOfSpace(work, label, missingBytes(work, index.blobs), error);
  } finally {
    unwatch();
    await reservation.end();
  }
}

/** Also after a wrong one, so that all of them are told at once and what is right is kept. @returns those that were not here */
async function adoptAll(run: AdoptRun, bundle: Bundle): Promise<BundleBlob[]> {
  const backend = new BundleBackend(bundle);
  const wrong: Sha256[] = [];
  const results = await mapLimit(bundle.index.blobs, BLOBS_AT_ONCE, async (blob): Promise<BundleBlob[]> => {
    const source = { backend, path: blob.sha256, isHere: true };
    const [name = blob.sha256] = namesOf(bundle, blob.sha256);
    try {
      return (await adoptBlob(run, { name, digest: blob.sha256, sizeBytes: blob.sizeBytes, source })) ? [blob] : [];
    } catch (error) {
      if (!isModelError(error, 'CHECKSUM_FAIL')) throw error;
      wrong.push(blob.sha256);
      return [];
    }
  });
  const failed = results.find((result) => result?.status === 'rejected');
  if (failed?.status === 'rejected') throw asModelError(failed.reason);
  if (wrong.length > 0) throw wrongIn(bundle, wrong);
  return results.flatMap((result) => (result?.status === 'fulfilled' ? result.value : []));
}

/** With the parts that these bytes lie in. */
function wrongIn(bundle: Bundle, wrong: readonly Sha256[]): ModelError {
  const parts = new Set<string>();
  for (const entry of entriesOf(bundle.indexBytes, bundle.index.blobs)) {
    if (entry.sha256 === undefined || !wrong.includes(entry.sha256)) continue;
    const [from, to] = [bytesAt(entry), bytesAt(entry) + entry.sizeBytes];
    for (const part of bundle.bytes.parts) if (part.offset < to && part.offset + part.sizeBytes > from) parts.add(part.path);
  }
  return wrongBytes(bundle, wrong, [...parts]);
}

function missingBytes(work: Orchestration, blobs: readonly BundleBlob[]): number {
  const { pieceBytes } = work.settings;
  const missing = blobs.filter(({ sha256, sizeBytes }) => work.blobs.state(sha256, sizeBytes) === 'absent');
  const held = missing.map(({ sha256, sizeBytes }) => work.partials.heldBytes({ key: sha256, sizeBytes, pieceBytes }));
  return sizeOf(missing) - held.reduce((sum, bytes) => sum + bytes, 0);
}

const sizeOf = (blobs: readonly BundleBlob[]): number => blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

async function publishAll(work: Orchestration, { index }: Bundle, options: Options): Promise<AppliedModel[]> {
  const registry = await work.registry();
  const applied: AppliedModel[] = [];
  for (const model of index.models) {
    const spec = registry.spec(model.ref);
    const { ref, path, totalBytes } = await ensureModel(work, model.ref, {
      offline: true,
      ...callOf(options),
      ...componentsOf(spec, model),
    });
    applied.push({ ref, path, totalBytes });
  }
  return applied;
}

/** Those that it has files of, where it has some that nobody gets without asking. */
function componentsOf({ files, optionalComponents }: ModelSpec, model: BundleModel): { components?: string[] } {
  const paths = new Set(model.files.map(({ path }) => path));
  const components = [...new Set(files.flatMap(({ path, component }) => (component !== undefined && paths.has(path) ? [component] : [])))];
  return optionalComponents.length > 0 && components.length > 0 ? { components } : {};
}
