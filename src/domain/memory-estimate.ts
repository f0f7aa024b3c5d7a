/** How much memory a model takes to make a video. All in bytes. */

export type OffloadStrategy =
  /** Everything on the GPU. */
  | 'none'
  /** One of text encoder, expert and VAE decoder at work at a time; the others wait in host memory. */
  | 'model'
  /** As `model`, and of the expert only the layers at work. */
  | 'layers';

export interface MemoryComponent {
  readonly name: string;
  /** Absent where its weights are in a format that is not read, or not here. */
  readonly parameters?: number;
  /** As it is loaded; absent where that is as it is stored, and nobody knows how. */
  readonly dtype?: string;
  readonly weightBytes: number;
  /** As it is stored: what loading it reads. */
  readonly storedBytes: number;
}

/** Peaks of the stages of one run. */
export interface MemoryStages {
  readonly textBytes: number;
  readonly denoiseBytes: number;
  readonly decodeBytes: number;
}

export interface StrategyEstimate extends MemoryStages {
  readonly offload: OffloadStrategy;
  readonly tiled: boolean;
  /** The largest stage. */
  readonly peakBytes: number;
  /** The peak with the largest error that the estimate was found to have. */
  readonly upperBytes: number;
  /** What waits in host memory. */
  readonly hostBytes: number;
  /** `tight`: the peak fits, the upper bound does not. Absent where no GPU was named. */
  readonly fits?: 'yes' | 'tight' | 'no';
}

export interface MemoryEstimate {
  /** Latent tokens that attention runs over. */
  readonly tokens: number;
  readonly components: readonly MemoryComponent[];
  /** From the least to the most offloading. */
  readonly strategies: readonly StrategyEstimate[];
  /** The first that fits the GPU. */
  readonly chosen?: StrategyEstimate;
}
