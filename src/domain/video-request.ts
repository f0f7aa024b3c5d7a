/** What somebody wants a video model to make, and what is wrong with it. */

/** What is left out is the model's default. */
export interface VideoRequest {
  readonly prompt?: string;
  /** Whether an image is given to begin with. */
  readonly image?: boolean;
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly frames?: number;
  readonly fps?: number;
  readonly steps?: number;
  readonly guidanceScale?: number;
  /** Of the low-noise expert. */
  readonly guidanceScale2?: number;
  readonly shift?: number;
}

/** Every number decided. */
export interface ResolvedRequest {
  readonly mode: 't2v' | 'i2v';
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps?: number;
  readonly steps?: number;
  readonly guidanceScale?: number;
  readonly guidanceScale2?: number;
  readonly shift?: number;
}

export type RequestField = keyof VideoRequest;

export interface RequestProblem {
  readonly field: RequestField;
  readonly message: string;
  /** The valid value that is nearest to what was asked for; of a prompt, how many of its characters fit. */
  readonly nearest?: number;
}
