/** The manifest, opened: which models there are, and what each of them is. */
import { hash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { type CanonicalRef, formatRef, type ModelRef, overlayNames, parseModelRef } from '../domain/model-ref.ts';
import type { ModelSpec, ModelSummary } from '../domain/spec.ts';
import { nearest } from '../util/nearest.ts';
import { buildSpec } from './build-spec.ts';
import type { CompiledManifest } from './compiled-manifest.ts';
import type { CustomModel } from './entries/custom-models.ts';
import type { LockKey } from './lock-owners.ts';
import type { LockView } from './lock-view.ts';
import { readCachedManifest, writeCachedManifest } from './manifest-cache.ts';
import { lockfilePath, type ManifestFile, readLockfileBytes, readManifestFile } from './manifest-file.ts';
import { type FoundModel, ModelLookup } from './model-lookup.ts';

export interface LoadOptions {
  readonly manifestPath: string;
  /** Where compiled manifests are looked for; without it every load parses. */
  readonly cacheDir?: string | undefined;
  /** Keep the compiled form for the next process. Default false: reading verbs change nothing on disk. */
  readonly writeCache?: boolean;
}

/** Specs kept once made; a service that walks thousands of models does not hold them all. */
const MAX_SPECS = 1024;

export class ModelRegistry {
  /** Absolute. */
  readonly manifestPath: string;
  /** Relative `local://` sources are looked up here, after the configured local_roots. */
  readonly manifestDir: string;
  /** Absolute, whether or not there is one. */
  readonly lockfilePath: string;
  readonly hasLockfile: boolean;
  readonly schemaVersion: number;
  /** sha256 of the manifest's bytes. */
  readonly digest: Sha256;
  readonly #file: ManifestFile;
  readonly #compiled: CompiledManifest;
  readonly #lookup: ModelLookup;
  readonly #custom: OwnModels | undefined;
  readonly #specs = new Map<string, ModelSpec>();

  /**
   * @throws ModelError MISSING_MANIFEST, LOCKFILE_STALE for a lockfile that cannot be read, MANIFEST_INVALID with every problem in details.problems, SCHEMA_VERSION_MISMATCH,
   * PERMISSION_DENIED, FILESYSTEM_ERROR
   */
  static async load({ manifestPath, cacheDir, writeCache = false }: LoadOptions): Promise<ModelRegistry> {
    const file = readManifestFile(resolve(manifestPath));
    const lock = readLockfileBytes(file.path);
    const source = { manifest: file.bytes, lock: lock?.bytes };
    const cached = cacheDir === undefined ? undefined : readCachedManifest(cacheDir, source);
    if (cached !== undefined) return new ModelRegistry(file, cached);
    const compiled = await compile(file, lock);
    if (cacheDir !== undefined && writeCache) await writeCachedManifest(cacheDir, { source, compiled });
    return new ModelRegistry(file, compiled);
  }

  /** Of bytes that may not be on disk yet. @throws as {@link ModelRegistry.load} */
  static async of(file: ManifestFile, lock: ManifestFile | undefined): Promise<ModelRegistry> {
    return new ModelRegistry(file, await compile(file, lock));
  }

  private constructor(file: ManifestFile, compiled: CompiledManifest, custom?: OwnModels) {
    this.#file = file;
    this.#custom = custom;
    this.manifestPath = file.path;
    this.manifestDir = dirname(file.path);
    this.lockfilePath = lockfilePath(file.path);
    this.hasLockfile = compiled.head.lockDigest !== undefined;
    this.schemaVersion = compiled.head.schemaVersion;
    this.digest = compiled.digest;
    this.#compiled = compiled;
    this.#lookup = new ModelLookup(compiled.head.models);
  }

  /**
   * The same with models that no manifest has: found after those of the manifest, whose word counts where both have an id.
   * @param read is asked when one of them may be meant, and once
   */
  with(read: () => readonly CustomModel[]): ModelRegistry {
    return new ModelRegistry(this.#file, this.#compiled, new OwnModels(this.#compiled.head.models, read));
  }

  /** Keeps the compiled form for the next process; losing it costs time, so a folder that cannot be written is no error. Nothing is kept
   * where manifest or lockfile have changed since they were loaded. */
  async save(cacheDir: string): Promise<void> {
    const { bytes: manifest } = readManifestFile(this.manifestPath);
    const lock = readLockfileBytes(this.manifestPath)?.bytes;
    const { digest, head } = this.#compiled;
    const isSame = hash('sha256', manifest) === digest && (lock && hash('sha256', lock)) === head.lockDigest;
    if (isSame) await writeCachedManifest(cacheDir, { source: { manifest, lock }, compiled: this.#compiled });
  }

  /** In the order of the manifest, then those that it has not; touches no file list. @throws ModelError of the registry file */
  listModels(): readonly ModelSummary[] {
    return this.#custom?.all ?? this.#compiled.head.models;
  }

  /** Whether the manifest has it. */
  isInManifest(modelId: string): boolean {
    return this.#lookup.has(modelId);
  }

  /** Models of the manifest alone. */
  ofManifest(): readonly ModelSummary[] {
    return this.#compiled.head.models;
  }

  /**
   * The reference with nothing left open; the default variant, asked for by name or not, is left out.
   * @throws ModelError INVALID_MODEL_ID, MODEL_NOT_FOUND, VARIANT_NOT_FOUND (for overlays too)
   */
  resolve(ref: string | ModelRef, variant?: string): CanonicalRef {
    return this.#find(ref, variant).ref;
  }

  /** Frozen; the same object for the same reference. @throws as {@link resolve} */
  spec(ref: string | ModelRef, variant?: string): ModelSpec {
    const { ref: canonical, found } = this.#find(ref, variant);
    const key = formatRef(canonical);
    const known = this.#specs.get(key);
    if (known !== undefined) return known;
    const spec = this.#build(canonical, found);
    if (this.#specs.size >= MAX_SPECS) this.#specs.clear();
    this.#specs.set(key, spec);
    return spec;
  }

  #find(asked: string | ModelRef, variant: string | undefined): { readonly ref: CanonicalRef; readonly found: FoundModel } {
    const ref = typeof asked === 'string' ? parseModelRef(asked, variant) : asked;
    const found = this.#model(ref);
    const { modelId, defaultVariant } = found.summary;
    const inForce = this.#lookup.variant(found.summary, variant ?? ref.variant);
    const overlay = overlayNames(ref.overlay)
      .map((name) => this.#overlayName(found, name))
      .join('+');
    return { found, ref: { modelId, ...(inForce !== defaultVariant && { variant: inForce }), ...(overlay !== '' && { overlay }) } };
  }

  /** The registry is not even opened for what the manifest has: a damaged one is in nobody's way. */
  #model(ref: ModelRef): FoundModel {
    if (this.#custom === undefined || this.#lookup.knows(ref)) return this.#lookup.model(ref);
    return this.#custom.lookup.model(ref);
  }

  #build(ref: CanonicalRef, { index, summary }: FoundModel): ModelSpec {
    const own = this.#custom?.at(index);
    const model = own ?? this.#compiled.model(index);
    const component = (id: string) => this.#compiled.component(id);
    const lock = (key: LockKey) => (own === undefined ? this.#compiled.lock(key) : pinnedByRegistry(key));
    const variant = ref.variant ?? summary.defaultVariant;
    return buildSpec(ref, { modelId: ref.modelId, model, component, lock, variant, overlays: overlayNames(ref.overlay) });
  }

  /** As the manifest writes it. */
  #overlayName({ summary: { modelId, overlays = [] } }: FoundModel, asked: string): string {
    const found = overlays.find((name) => name === asked) ?? overlays.find((name) => name.toLowerCase() === asked.toLowerCase());
    if (found !== undefined) return found;
    const bases = this.listModels().filter((model) => model.overlays?.includes(asked));
    throw bases.length > 0 ? wrongBase(modelId, asked, bases) : overlayNotFound(modelId, asked, overlays);
  }
}

/** The digests of an uploaded model stand where its files do: no lockfile has more to say. */
const pinnedByRegistry = ({ id }: LockKey): LockView => ({ id, state: 'locked', files: [], derived: [], isOpen: false });

/** Numbers go on where those of the manifest end. */
class OwnModels {
  readonly #ofManifest: readonly ModelSummary[];
  readonly #read: () => readonly CustomModel[];
  #models: readonly CustomModel[] | undefined;
  #lookup: ModelLookup | undefined;

  constructor(ofManifest: readonly ModelSummary[], read: () => readonly CustomModel[]) {
    this.#ofManifest = ofManifest;
    this.#read = read;
  }

  get all(): readonly ModelSummary[] {
    return [...this.#ofManifest, ...this.#own().map(({ summary }) => summary)];
  }

  get lookup(): ModelLookup {
    this.#lookup ??= new ModelLookup(this.all);
    return this.#lookup;
  }

  /** Undefined for a number of the manifest's. */
  at(index: number): CustomModel['model'] | undefined {
    return index < this.#ofManifest.length ? undefined : this.#own()[index - this.#ofManifest.length]?.model;
  }

  #own(): readonly CustomModel[] {
    if (this.#models !== undefined) return this.#models;
    const taken = new Set(this.#ofManifest.map(({ modelId }) => modelId.toLowerCase()));
    this.#models = this.#read().filter(({ summary }) => !taken.has(summary.modelId.toLowerCase()));
    return this.#models;
  }
}

function wrongBase(modelId: string, overlay: string, bases: readonly ModelSummary[]): ModelError {
  const names = bases.map((base) => base.modelId);
  return new ModelError('VARIANT_NOT_FOUND', `the overlay ${overlay} was made for ${names.join(', ')} and does not fit ${modelId}`, {
    reason: 'overlay_wrong_base',
    hint: `ask for ${names[0]}@+${overlay}`,
    details: { model: modelId, overlay, bases: names },
  });
}

function overlayNotFound(modelId: string, overlay: string, overlays: readonly string[]): ModelError {
  const near = nearest(overlay, overlays);
  const list = overlays.length === 0 ? 'it has none' : `it has ${overlays.join(', ')}`;
  return new ModelError('VARIANT_NOT_FOUND', `${modelId} has no overlay ${JSON.stringify(overlay)}: ${list}`, {
    reason: 'overlay_not_found',
    hint: near === undefined ? `see \`wan models show ${modelId}\` for its overlays` : `did you mean ${near}?`,
    details: { model: modelId, overlay, available_overlays: overlays },
  });
}

/** The parser and zod are loaded here and nowhere else. */
async function compile(file: ManifestFile, lock: ManifestFile | undefined): Promise<CompiledManifest> {
  const { compileManifest } = await import('./compile-manifest.ts');
  return compileManifest(file, lock);
}
