/** What became of a registry of another model manager. */
export interface ImportedEntry {
  /** As it was written there. */
  readonly writtenId: string;
  /** `name@version` */
  readonly modelId: string;
  /** `annotated`: the manifest has the model; `registered`: a model of its own, of which nothing is here; `kept`: it was noted of already, and stays as it is. */
  readonly outcome: 'annotated' | 'registered' | 'kept';
  /** What was said of its status there; what is here, the store tells. */
  readonly saidStatus?: string;
}

export interface RegistryImport {
  /** Absolute: what was read. */
  readonly source: string;
  /** Absolute: what was written. */
  readonly registryFile: string;
  /** Where the old file was kept, if it stood in the registry's place. */
  readonly keptAs?: string;
  readonly entries: readonly ImportedEntry[];
}
