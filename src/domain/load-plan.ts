/** Everything that a loader has to know of a model, in one document. */
import type { Sha256 } from './digest.ts';
import type { MemoryEstimate, StrategyEstimate } from './memory-estimate.ts';
import type { CanonicalRef } from './model-ref.ts';
import type { ModelDefaults, OverlaySpec } from './spec.ts';
import type { ResolvedRequest } from './video-request.ts';

export interface PlannedComponent {
  readonly name: string;
  /** Absolute: the component's folder, or its one file. */
  readonly path: string;
  /** As the model's own model_index.json has it: library and class. */
  readonly className?: string;
  /** To load it in, `bf16`, say; absent: as it is stored. */
  readonly dtype?: string;
  readonly weightBytes: number;
  /** `name@version` of the shared component that it is. */
  readonly mountedFrom?: string;
  /** Files that are not here. */
  readonly missing: readonly string[];
}

export interface VaePlan {
  readonly tiled: boolean;
  /** Pixels. */
  readonly tileSize: number;
  readonly tileStride: number;
}

export interface LoadPlan {
  readonly ref: CanonicalRef;
  readonly variant: string;
  /** Absolute. */
  readonly path: string;
  /** Nothing is missing of what the pipeline needs. */
  readonly complete: boolean;
  /** `native`: the code of Wan-AI/Wan2.2. */
  readonly library: 'diffusers' | 'native';
  readonly pipelineClass?: string;
  readonly components: readonly PlannedComponent[];
  /** Which text encoder and tokenizer it is: part of the key of text embeddings. Absent where the model has none, or a file of it no sha256. */
  readonly textEncoderDigest?: Sha256;
  readonly request: ResolvedRequest;
  /** As the manifest has them. */
  readonly defaults: ModelDefaults;
  /** In the order in which they apply. */
  readonly overlays: readonly OverlaySpec[];
  /** Absent where the transformer's shape is not known. */
  readonly memory?: MemoryEstimate;
  /** What the plan goes by: the estimate's choice, or the one that was asked for. */
  readonly strategy?: StrategyEstimate;
  readonly vae: VaePlan;
  readonly warnings: readonly string[];
}
