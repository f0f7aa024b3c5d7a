/** A model that nothing was uploaded of yet, or that was removed: all that there is of it is its entry. */
import { CUSTOM_FAMILY, type RegistryEntry } from '../../domain/registry-entry.ts';
import { ModelState } from '../../domain/status.ts';
import type { Wire } from '../../wire/wire.ts';
import type { modelDetails } from '../contract/models.ts';
import type { ModelEntry } from './model-entry-wire.ts';

export function bareEntryWire({ modelId, type = 'other', description = '', tags = [], createdAt, deletedAt }: RegistryEntry): ModelEntry {
  const [name = '', version = ''] = modelId.split('@');
  return {
    ...{ id: modelId, name, version, type, description, tags },
    status: deletedAt === undefined ? 'pending' : 'deleted',
    assigned_worker: null,
    created_at: createdAt,
    ...{ size: '0.0 GB', size_bytes: 0, size_gb: 0, download_progress: 0 },
    family: CUSTOM_FAMILY,
    ...{ variants: [], default_variant: '', overlays: [], file_count: 0 },
    state: ModelState.NOT_PRESENT,
    ...{ bytes_needed: 0, path: null, error_message: null, proof: null, verified_at: null, custom: true },
  };
}

export function bareDetailsWire(entry: RegistryEntry): Wire<typeof modelDetails> {
  const { updatedAt, deletedAt, capabilities = [], requirements = {}, metadata = {} } = entry;
  return {
    ...bareEntryWire(entry),
    updated_at: updatedAt,
    ...{ last_used: null, variant: '', capabilities, requirements, metadata },
    ...{ components: [], required_components: [], optional_components: [], sources: [] },
    spec_digest: '',
    deleted_at: deletedAt ?? null,
  };
}
