/** Who reads a repository in Xet storage, each the way it does that by itself. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { client, type Job, verify, wan } from './rivals.ts';

const XET_BLOB = join(import.meta.dirname, 'xet-blob.ts');
/** More than all files of a race. */
const CHUNK_CACHE = 'HF_XET_CHUNK_CACHE_SIZE_BYTES=20000000000';

type Rivals = Readonly<Record<string, (job: Job) => string>>;

/** A process a core, each with its share of the files. */
function xetBlob({ files, repo, revision, endpoint, place }: Job): string {
  const folder = join(place, 'js');
  mkdirSync(folder, { recursive: true });
  const named = files.map(({ path, sha256 }) => `${path}=${sha256}`).join(' ');
  const cores = availableParallelism();
  const share = Math.ceil(files.length / cores);
  return `echo ${named} | xargs -n${share} -P${cores} ${process.execPath} ${XET_BLOB} ${endpoint} ${repo} ${revision} ${folder}`;
}

/** The first one is what the others are compared with. */
export const xetRivals: Rivals = {
  'wan, plain ranges': wan,
  'hf download by Xet, hf cache verify': (job) => client(job, verify(job)),
  'hf download without Xet, hf cache verify': (job) => client(job, verify(job), 'HF_HUB_DISABLE_XET=1'),
  'XetBlob of @huggingface/hub, a process a core': xetBlob,
};

/** Of those, one that is told to keep chunks, where there are chunks that it has had. */
export const nearRivals: Rivals = {
  ...xetRivals,
  'hf download by Xet, its chunk cache on, hf cache verify': (job) => client(job, verify(job), CHUNK_CACHE),
};
