/** What other services note of a model, beside what the manifest says: `docs/registry.md`. */
import type { Sha256 } from './digest.ts';

/** The folder of models that were uploaded, under MODELS_ROOT. */
export const CUSTOM_FAMILY = 'custom';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** What a caller may say of a model. Text: nothing of it is ever read as markup, and it holds nothing that cannot be seen. */
export interface EntryFields {
  /** One of MODEL_TYPES. */
  readonly type?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly requirements?: JsonObject;
  readonly metadata?: JsonObject;
}

export const ENTRY_FIELDS = ['type', 'description', 'tags', 'capabilities', 'requirements', 'metadata'] as const;

/** A file whose bytes were proven here, or are to be fetched and proven. */
export interface EntryFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
  /** Where whoever registered the model says that it is. Absent: it was uploaded. */
  readonly url?: string;
}

export interface RegistryEntry extends EntryFields {
  /** `name@version` */
  readonly modelId: string;
  /** Whether it is a model of its own: no manifest has it. Else it annotates one of the manifest. */
  readonly isCustom: boolean;
  /** Of a custom model, all of them; none: nothing was uploaded yet. */
  readonly files: readonly EntryFile[];
  /** `hf://org/name@commit`, where it was registered as a repository of the Hub. */
  readonly source?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Of a custom model that was removed: told until it is uploaded anew. */
  readonly deletedAt?: string;
  /** Rises with each change. */
  readonly revision: number;
  /** By which request it was made, where that had a key: a request that is repeated finds its own work. */
  readonly madeBy?: string;
  /** Id of the upload that its files came with: one that is completed again finds its own work. */
  readonly uploadedAs?: string;
}

/** By `modelId`, in the order in which they came. */
export type Entries = ReadonlyMap<string, RegistryEntry>;

/** Whether there is anything of it that could be here. */
export const hasFiles = ({ isCustom, files, deletedAt }: RegistryEntry): boolean => isCustom && deletedAt === undefined && files.length > 0;
