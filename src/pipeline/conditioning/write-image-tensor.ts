/** A prepared image as a safetensors file, for whatever program runs the model. */
import type { PreparedImage } from '../../domain/image-conditioning.ts';
import { writeSafetensors } from '../../formats/safetensors-writer.ts';
import { writeBeside } from '../../store/write-beside.ts';

/** Its one tensor, F32 (1, 3, height, width). */
const NAME = 'image';

/** Replaces the file in one step, or leaves it as it is. @throws ModelError whatever keeps it from being written */
export async function writeImageTensor(path: string, { tensor, rule, source, width, height }: PreparedImage): Promise<void> {
  const bytes = Buffer.from(tensor.buffer, tensor.byteOffset, tensor.byteLength);
  const content = writeSafetensors({
    tensors: [{ name: NAME, dtype: 'F32', shape: [1, 3, height, width] }],
    metadata: { format: 'pt', rule, source_width: String(source.width), source_height: String(source.height) },
    bytesOf: () => [bytes],
  });
  await writeBeside(path, {
    write: async (handle) => {
      for await (const chunk of content) await handle.writeFile(chunk);
    },
  });
}
