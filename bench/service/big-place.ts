/** A bench's place with one model more, whose one file comes over HTTP from another process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRandomFile } from '../random-file.ts';
import { type BenchPlace, benchPlace } from '../warm/bench-place.ts';
import { firstUrl } from './served.ts';

export const BIG = 'big@1.0.0';

export async function bigPlace(sizeBytes: number): Promise<BenchPlace & { readonly source: ChildProcess }> {
  const place = benchPlace(3, 30);
  const path = join(place.directory, 'big.bin');
  const sha256 = makeRandomFile(path, sizeBytes);
  const source = spawn(process.execPath, [join(import.meta.dirname, 'big-source.ts'), path], { stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await firstUrl(source);
  appendFileSync(
    place.manifestPath,
    `\n\n[models."${BIG}"]\nsources = { priority = ["${url}"] }\n\n[[models."${BIG}".files]]\npath = "big.bin"\nsize = ${sizeBytes}\nsha256 = "${sha256}"\n`,
  );
  return { ...place, source };
}
