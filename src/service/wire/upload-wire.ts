import type { Upload } from '../../domain/uploads.ts';
import type { Wire } from '../../wire/wire.ts';
import type { uploadDocument } from '../contract/uploads.ts';

export function uploadWire({ id, modelId, files, createdAt, expiresAt }: Upload): Wire<typeof uploadDocument> {
  const sum = (of: (file: Upload['files'][number]) => number): number => files.reduce((total, file) => total + of(file), 0);
  return {
    id,
    model_id: modelId,
    status: files.every(({ state }) => state !== 'receiving') ? 'received' : 'receiving',
    files: files.map(({ path, sizeBytes, offset, state, sha256 }, index) => ({
      ...{ file: index, path, size_bytes: sizeBytes, offset, state, sha256: sha256 ?? null },
      url: `/v1/uploads/${id}/files/${index}`,
    })),
    total_bytes: sum(({ sizeBytes }) => sizeBytes),
    received_bytes: sum(({ offset }) => offset),
    created_at: createdAt,
    expires_at: expiresAt,
  };
}
