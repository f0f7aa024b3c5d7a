/** What the manifest says of a model, resolved: the nouns that every room above the registry works with. */
import type { DerivedDtype } from './derived.ts';
import type { Sha256 } from './digest.ts';
import type { CanonicalRef } from './model-ref.ts';
import type { ProofLevel } from './proof.ts';

/** A name of a component that people have from elsewhere, and what it means in a model. */
export interface ComponentAlias {
  readonly name: string;
  readonly means: readonly string[];
}

/** One place where a file can be read: a source URL and the file's path there. */
export interface FileOrigin {
  readonly source: string;
  readonly path: string;
}

/** One file of a model. `path` is relative, `/`-separated, already checked to be safe on every platform. */
export interface FileSpec {
  readonly path: string;
  readonly sizeBytes: number;
  /** Absent where nobody has published one: then the proof is the size (or an etag), and said so. */
  readonly sha256?: Sha256;
  /** The level that a match with `sha256` (or, without one, with the size) earns. */
  readonly proof: ProofLevel;
  /** An optional file may be missing at its sources. */
  readonly optional: boolean;
  readonly component?: string;
  /** Variants that hold this file; absent means all. */
  readonly variants?: readonly string[];
  /** A URL of its own (presigned, say), tried before the model's sources. */
  readonly url?: string;
  /** `model.safetensors.index.json` and the like: names the shards. */
  readonly shardIndex: boolean;
  /** 1-based number of a shard inside its series. */
  readonly shardPart?: number;
  /** Where its sha256 stands in the lockfile, and not in the manifest: since when, and what it was seen at. */
  readonly pin?: FilePin;
  /** `name@version` of the shared component that this file was mounted from. */
  readonly mountedFrom?: string;
  /** Where this file is read instead of `spec.sources` under `path`, best first; absent for most files. A mounted file has its
   * component's sources first (under its path there), then the model's; a file of an overlay has the overlay's. */
  readonly origins?: readonly FileOrigin[];
  /** Name of the overlay that the file belongs to. */
  readonly overlay?: string;
  /** The whole of it, where it is made here instead of being read at a source. */
  readonly content?: string;
  /** Made here instead of being fetched. Without a `sha256` its size is an estimate until it was made. */
  readonly derive?: FileDerivation;
}

export interface FileDerivation {
  readonly dtype: DerivedDtype;
  /** Files of the variant that it is made from: the one of the same path, then, for a weight index, the shards that are cast beside it. */
  readonly inputs: readonly FileSpec[];
}

/** A file of an overlay, and what of the base its weights are added to. */
export interface OverlayFile {
  readonly path: string;
  /** Component of the base; absent for a file that is no weights. */
  readonly appliesTo?: string;
  /** Factor of the file's weights. */
  readonly weight: number;
}

/** An addition to a model's weights (LoRA, say) as the manifest has it. */
export interface OverlaySpec {
  readonly name: string;
  readonly description?: string;
  /** Models that it was trained for: their `baseFamily`. */
  readonly baseFamily?: string;
  readonly files: readonly OverlayFile[];
  /** What stands instead of the model's own defaults: steps, guidance, … */
  readonly defaults: ModelDefaults;
}

export interface FilePin {
  /** ISO 8601. */
  readonly lockedAt: string;
  /** Source URL as the manifest has it. */
  readonly source?: string;
  readonly revision?: string;
  /** Of a file that is made: digests of all that it was made from. */
  readonly madeFrom?: readonly Sha256[];
}

/** How an entry of the lockfile stands to the manifest: it holds; it was made for what the manifest said before; somebody edited it. */
export interface PartLock {
  /** `name@version`, with `@variant` or `@+overlay`; of a component its id. */
  readonly id: string;
  readonly state: 'locked' | 'missing' | 'stale' | 'edited';
  /** ISO 8601. */
  readonly lockedAt?: string;
}

/** `[models.X.defaults]`: generation defaults, passed on as written. */
export type ModelDefaults = Readonly<Record<string, unknown>>;

/** `[models.X.pipeline]`: what loads the model, and what it must and must not find. */
export interface PipelineSpec {
  /** As its library names it. */
  readonly className?: string;
  /** As the manifest has it, where that is an older name of the class. */
  readonly classWrittenAs?: string;
  readonly requiredComponents: readonly string[];
  readonly forbiddenComponents: readonly string[];
  readonly modes: readonly string[];
  /** What a request must bring (`prompt`, `image`), and what it must not. */
  readonly requiredInputs: readonly string[];
  readonly forbiddenInputs: readonly string[];
}

/** `[models.X.vram_estimation]`: figures of the manifest's author. */
export interface VramEstimation {
  /** Of two experts those of one. */
  readonly paramsBillion?: number;
  /** Channels and layers of the transformer. */
  readonly hiddenSize?: number;
  readonly layers?: number;
  readonly familySize?: 'small' | 'medium' | 'large';
  readonly baseVramGb?: number;
  readonly perFrameVramMb?: number;
  readonly minVramGb?: number;
  /** By resolution. */
  readonly measuredPeakGb?: Readonly<Record<string, number>>;
}

/** The variant's weights are made from another variant's instead of fetched. */
export interface Derivation {
  /** The variant that it is made from. */
  readonly from: string;
  readonly dtype: DerivedDtype;
  /** Components whose weights are converted, the others stay as they are; absent: all. */
  readonly components?: readonly string[];
}

export interface ModelSpec {
  /** Canonical, `variant` present only where it differs from the default one. */
  readonly ref: CanonicalRef;
  /** The variant in force, named or default. */
  readonly variant: string;
  readonly modelId: string;
  readonly name: string;
  readonly version: string;
  readonly family: string;
  readonly type?: string;
  readonly description: string;
  readonly variants: readonly string[];
  readonly defaultVariant: string;
  /** Every file of this variant, in manifest order, mounted components included. */
  readonly files: readonly FileSpec[];
  /** Source URLs in priority order. */
  readonly sources: readonly string[];
  readonly allowPatterns: readonly string[];
  readonly requiredComponents: readonly string[];
  readonly optionalComponents: readonly string[];
  /** Other names that its components can be asked for by. */
  readonly componentAliases?: readonly ComponentAlias[];
  readonly resolutionCaps: readonly string[];
  readonly loraRequired: boolean;
  /** Models with the same base family take the same overlays. Default: the model's name. */
  readonly baseFamily: string;
  /** Those of the model, with those of its overlays in force over them. */
  readonly defaults: ModelDefaults;
  readonly license?: string;
  readonly tags: readonly string[];
  readonly pipeline?: PipelineSpec;
  readonly vramEstimation?: VramEstimation;
  /** Environment -> variant: what a request without a variant means there. */
  readonly environments?: Readonly<Record<string, string>>;
  /** The overlays that can be asked for with `@+name`. */
  readonly overlays?: readonly OverlaySpec[];
  /** Those that this directory has, in the order in which they apply: what `overlays.json` says. */
  readonly applied?: readonly OverlaySpec[];
  readonly derivation?: Derivation;
  /** True where the manifest leaves the file list open, and no lockfile has it. */
  readonly filesOpen?: boolean;
  /** How the lockfile stands to each part that this spec is made of. */
  readonly lock: readonly PartLock[];
  /** sha256 over the canonical JSON of all that decides the bytes: two equal digests mean the same directory. */
  readonly specDigest: Sha256;
}

/** Which part of a model is wanted. Empty: everything that is not optional by component. */
export interface Selection {
  /** Component names; required ones are always included. */
  readonly components?: readonly string[];
  /** Optional ones that are taken, too, where no components are named; those that the model has not are none. */
  readonly optional?: readonly string[];
  /** Globs over file paths. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** One line of `list`, cheap to make: no file list is touched. */
export interface ModelSummary {
  readonly modelId: string;
  readonly family: string;
  readonly type?: string;
  readonly description: string;
  readonly variants: readonly string[];
  readonly defaultVariant: string;
  readonly fileCount: number;
  readonly totalBytes: number;
  /** The weakest that the manifest has for a file of the default variant; absent where its list is open, or empty. */
  readonly proof?: ProofLevel;
  /** Names of the overlays. */
  readonly overlays?: readonly string[];
  readonly tags?: readonly string[];
  /** Where a copy of the default variant lies that is not here. */
  readonly tier?: string;
}
