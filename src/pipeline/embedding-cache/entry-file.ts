/** An entry: a safetensors file that says which key it belongs to, and proves its own bytes. */
import { createHash, hash } from 'node:crypto';
import { ModelError } from '../../domain/errors.ts';
import { tensorBytes } from '../../formats/dtype.ts';
import { readSafetensorsHeader, type SafetensorsHeader } from '../../formats/safetensors.ts';
import { writeSafetensors } from '../../formats/safetensors-writer.ts';
import type { EmbeddingTensors } from './embedding.ts';
import type { EntryName } from './embedding-key.ts';

const FORMAT = 'wan-embedding/1';

/** @throws ModelError INVALID_INPUT where the tensors are not what the key promises */
export async function encodeEntry(name: EntryName, tensors: EmbeddingTensors): Promise<Buffer> {
  checkTensors(tensors);
  const metadata = { format: FORMAT, key: name.text, content_sha256: contentDigest(tensors) };
  const plans = Object.entries(tensors).map(([tensor, { dtype, shape }]) => ({ name: tensor, dtype, shape }));
  const chunks = await Array.fromAsync(
    writeSafetensors({ tensors: plans, metadata, bytesOf: ({ name: tensor }) => [tensors[tensor]?.bytes ?? Buffer.alloc(0)] }),
  );
  return Buffer.concat(chunks);
}

/** @throws ModelError FORMAT_INVALID, CHECKSUM_FAIL: what is there is not what was written under this key */
export async function decodeEntry(id: string, file: Buffer): Promise<EmbeddingTensors> {
  const header = await readSafetensorsHeader((offset, length) => Promise.resolve(file.subarray(offset, offset + length)), file.length);
  checkKey(id, header);
  const tensors = Object.fromEntries(
    header.tensors.map(({ name, dtype, shape, begin, end }) => [
      name,
      { dtype, shape, bytes: file.subarray(header.headerBytes + begin, header.headerBytes + end) },
    ]),
  );
  if (contentDigest(tensors) === header.metadata.content_sha256) return tensors;
  throw new ModelError('CHECKSUM_FAIL', 'the bytes of the embedding are not those that were written', { reason: 'embedding_corrupt' });
}

/** @throws ModelError FORMAT_INVALID */
export function checkKey(id: string, { metadata: { format, key = '' } }: SafetensorsHeader): string {
  if (format === FORMAT && hash('sha256', key) === id) return key;
  throw new ModelError('FORMAT_INVALID', 'the file is no embedding of this key', { reason: 'embedding_key' });
}

/** Of names, dtypes, shapes and bytes, sorted by name. */
function contentDigest(tensors: EmbeddingTensors): string {
  const digest = createHash('sha256');
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))) {
    digest.update(`${JSON.stringify([name, dtype, shape])}\n`).update(bytes);
  }
  return digest.digest('hex');
}

function checkTensors(tensors: EmbeddingTensors): void {
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    if (!/^[a-z0-9_]+$/.test(name)) throw invalid(`${JSON.stringify(name)} is no name of a tensor: [a-z0-9_]+`);
    const wanted = tensorBytes(dtype, shape);
    if (bytes.byteLength !== wanted)
      throw invalid(`${name} (${dtype} [${shape.join(', ')}]) has ${bytes.byteLength} bytes instead of ${wanted}`);
  }
}

export const invalid = (problem: string): ModelError =>
  new ModelError('INVALID_INPUT', `not the tensors of a text embedding: ${problem}`, { reason: 'invalid_embedding' });
