/** Models of the registry that have bytes of their own, in the form in which the manifest has models: what makes specs of them is the same. */

import { guardedUrl } from '../../domain/guarded-url.ts';
import { CUSTOM_FAMILY, type Entries, type EntryFile, hasFiles, type RegistryEntry } from '../../domain/registry-entry.ts';
import type { ModelSummary } from '../../domain/spec.ts';
import type { ManifestFile, ManifestModel } from '../manifest-schema.ts';
import { ONLY_VARIANT } from '../variant-files.ts';

export interface CustomModel {
  readonly summary: ModelSummary;
  readonly model: ManifestModel;
}

export const customModels = (entries: Entries): CustomModel[] => [...entries.values()].filter(hasFiles).map(customModel);

/** A file that was uploaded lies here and nowhere else; any other one has its URL, or the source of its model. */
function customModel({ modelId, type, description = '', tags = [], files, source }: RegistryEntry): CustomModel {
  const common = { family: CUSTOM_FAMILY, description, ...(type !== undefined && { type }) };
  return {
    summary: {
      modelId,
      ...common,
      variants: [ONLY_VARIANT],
      defaultVariant: ONLY_VARIANT,
      fileCount: files.length,
      totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      proof: 'manifest-sha256',
    },
    model: {
      ...common,
      tags: [...tags],
      files: files.map(fileOf),
      ...(source !== undefined && { sources: { priority: [source] } }),
    },
  };
}

const fileOf = ({ path, sizeBytes, sha256, url }: EntryFile): ManifestFile => ({
  path,
  size: sizeBytes,
  sha256,
  ...(url !== undefined && { url: guardedUrl(url) }),
});
