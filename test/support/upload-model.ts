/** A model that no manifest has, uploaded as a service would. */
import type { EntryFields } from '../../src/domain/registry-entry.ts';
import type { ModelOrchestrator } from '../../src/orchestrator/api.ts';

export async function uploadModel(
  orchestrator: ModelOrchestrator,
  modelId: string,
  { files, ...fields }: EntryFields & { readonly files: Readonly<Record<string, Uint8Array | string>> },
): Promise<void> {
  const parts = Object.entries(files).map(([path, content]) => ({ path, bytes: new Uint8Array(Buffer.from(content)) }));
  const listed = parts.map(({ path, bytes }) => ({ path, sizeBytes: bytes.length }));
  const { id } = await orchestrator.createUpload({ modelId, fields, files: listed });
  for (const [index, { bytes }] of parts.entries()) await orchestrator.receiveBytes({ id, index, offset: 0, body: bodyOf(bytes) });
  await orchestrator.completeUpload(id);
}

async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
