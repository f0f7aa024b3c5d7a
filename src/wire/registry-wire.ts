import type { registryImportData } from '../documents/registry.ts';
import type { RegistryImport } from '../domain/registry-import.ts';
import type { Wire } from './wire.ts';

export const registryImportWire = ({ source, registryFile, keptAs, entries }: RegistryImport): Wire<typeof registryImportData> => ({
  source,
  registry_file: registryFile,
  ...(keptAs !== undefined && { kept_as: keptAs }),
  models: entries.map(({ writtenId, modelId, outcome, saidStatus }) => ({
    written_id: writtenId,
    id: modelId,
    outcome,
    ...(saidStatus !== undefined && { said_status: saidStatus }),
  })),
});
