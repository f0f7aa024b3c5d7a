/** The Hub's JavaScript client: files of a repository out of Xet storage, hashed on their way to disk. `ENDPOINT REPO REVISION FOLDER PATH=SHA256…` */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { downloadFile } from '@huggingface/hub';

const [hubUrl = '', repo = '', revision = '', folder = '', ...files] = process.argv.slice(2);
const BUFFER_BYTES = 4 * 1024 ** 2;

for (const [path = '', sha256] of files.map((file) => file.split('='))) {
  const blob = await downloadFile({ repo, hubUrl, revision, path });
  if (blob === null) throw new Error(`${repo} has no ${path}`);
  const hash = createHash('sha256');
  const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const file = createWriteStream(join(folder, path), { highWaterMark: BUFFER_BYTES, flush: true });
  await pipeline(Readable.fromWeb(blob.stream() as ReadableStream), hashed, file);
  if (hash.digest('hex') !== sha256) throw new Error(`${path} is wrong`);
}
