/** What the Hugging Face Hub has under some words. */
export interface HubQuestion {
  readonly text: string;
  /** One of the Hub's own pipelines, `text-to-video` say. */
  readonly pipeline?: string;
  readonly limit: number;
}

/** As the Hub says; text is as its author wrote it, without what cannot be seen. */
export interface HubModel {
  /** `org/name` */
  readonly id: string;
  readonly downloads: number;
  readonly likes: number;
  readonly tags: readonly string[];
  readonly pipeline?: string;
  /** Whether its terms have to be accepted first. */
  readonly isGated: boolean;
  /** ISO 8601. */
  readonly createdAt?: string;
  readonly modifiedAt?: string;
}
