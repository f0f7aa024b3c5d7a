/**
 * Makes the miniature WAN2.2 family under examples/quickstart/data/: two mirrors and the manifest that names them. The same bytes
 * on every machine. mirror-a lacks files on purpose, so that a first run shows how `ensure` goes on from the next source.
 */
import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Bundle, components, models } from './family.ts';
import { type Fingerprint, folderOf, manifestText } from './manifest-text.ts';
import type { ModelFile } from './model-files.ts';

/** First line of the manifest; another one here makes everything anew. */
const STAMP = '# The miniature WAN2.2 family, made by examples/quickstart/make-models.ts (recipe 4). Sizes and digests are real.';

/** What mirror-a has lost: a shard of the text encoder that all models share, and one of each A14B model. */
const LOST_FROM_MIRROR_A = [
  /^components\/umt5-xxl-.*-00002-of-/,
  /^wan22\/t2v-.*\/transformer_2\/.*-00007-of-/,
  /^wan22\/i2v-.*\/transformer\/.*-00012-of-/,
];

export interface MadeModels {
  readonly manifest: string;
  /** False when they were there already. */
  readonly madeNow: boolean;
  readonly fileCount: number;
  readonly totalBytes: number;
}

/** Does nothing when `directory` holds a finished family of this recipe; a run that was interrupted leaves nothing that looks finished. */
export async function makeModels(directory: string): Promise<MadeModels> {
  const manifest = join(directory, 'models.toml');
  if (await isMade(manifest)) return { manifest, madeNow: false, fileCount: 0, totalBytes: 0 };
  const staging = `${directory}.partial`;
  await rm(staging, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
  const fingerprints = await writeFamily(staging);
  await writeFile(
    join(staging, 'models.toml'),
    `${manifestText({ stamp: STAMP, components: components(), models: models(), fingerprints })}\n`,
  );
  await rename(staging, directory);
  const totalBytes = [...fingerprints.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { manifest, madeNow: true, fileCount: fingerprints.size, totalBytes };
}

async function isMade(manifest: string): Promise<boolean> {
  try {
    return (await readFile(manifest, 'utf8')).startsWith(`${STAMP}\n`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function writeFamily(directory: string): Promise<Map<string, Fingerprint>> {
  const fingerprints = new Map<string, Fingerprint>();
  const write = async (bundle: Bundle, folder: string) => {
    for (const file of bundle.files) fingerprints.set(`${bundle.name} ${file.path}`, await writeToMirrors(directory, folder, file));
  };
  for (const component of components()) await write(component, folderOf.component(component.name));
  for (const model of models()) {
    await write(model, folderOf.model(model.name));
    for (const overlay of model.overlays ?? []) await write(overlay, folderOf.overlay(model.name, overlay.name));
  }
  return fingerprints;
}

async function writeToMirrors(directory: string, folder: string, file: ModelFile): Promise<Fingerprint> {
  const complete = join(directory, 'mirror-b', folder, file.path);
  const print = await writeHashed(complete, file);
  const path = `${folder}/${file.path}`;
  if (!LOST_FROM_MIRROR_A.some((lost) => lost.test(path))) {
    const copy = join(directory, 'mirror-a', path);
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(complete, copy, constants.COPYFILE_FICLONE);
  }
  return print;
}

async function writeHashed(path: string, file: ModelFile): Promise<Fingerprint> {
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const measure = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      done(null, chunk);
    },
  });
  await pipeline(Readable.from(file.bytes(), { objectMode: true }), measure, createWriteStream(path));
  return { sizeBytes, sha256: hash.digest('hex') };
}
