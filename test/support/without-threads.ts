/** A process that can start no thread: hashes and casts what is worth one. `node without-threads.ts FOLDER`; says what came of it. */
import { chmodSync, closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CastThreads } from '../../src/cast/cast-threads.ts';
import { isModelError } from '../../src/domain/errors.ts';
import { planCast } from '../../src/formats/plan-cast.ts';
import { readSafetensorsHeader } from '../../src/formats/safetensors.ts';
import { safetensorsHeader } from '../../src/formats/safetensors-writer.ts';
import { hashFile } from '../../src/transfer/hash-file.ts';
import { noMoreThreads } from './no-more-threads.ts';

const MIB = 1024 * 1024;
const [folder = ''] = process.argv.slice(2);
const [large, input, output] = [join(folder, 'large'), join(folder, 'in'), join(folder, 'out')];
chmodSync(folder, 0o755);
writeFileSync(large, '');
truncateSync(large, 65 * MIB);
const head = safetensorsHeader([{ name: 'a', dtype: 'F32', shape: [1] }]);
const bytes = Buffer.concat([head, Buffer.alloc(4)]);
writeFileSync(input, bytes);
const header = await readSafetensorsHeader(async (offset, length) => bytes.subarray(offset, offset + length), bytes.length);
const outputFd = openSync(output, 'w');
await noMoreThreads();
const { sizeBytes } = await hashFile(large);
const threads = new CastThreads({ threadsPayBytes: 0 });
const plan = planCast(header, { dtype: 'bf16', note: {} });
const signal = new AbortController().signal;
const cast = await threads.cast({ name: 'a', inputPath: input, outputFd, plan, signal, onWritten: () => undefined }).then(
  () => 'done',
  (error: unknown) => (isModelError(error) ? `${error.code} ${error.reason}` : String(error)),
);
await threads.close();
closeSync(outputFd);
writeSync(1, JSON.stringify({ hashedBytes: sizeBytes, cast }));
