/** Who runs, as bash. Each ends only when its bytes are proven by their digests and on disk. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { HUB_CLI } from '../../test/support/hub-client.ts';

export interface StoredFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface Job {
  readonly files: readonly StoredFile[];
  /** `org/name` */
  readonly repo: string;
  readonly revision: string;
  readonly endpoint: string;
  /** Empty folder, removed afterwards. */
  readonly place: string;
}

const CLI = join(import.meta.dirname, '../../bin/wan.js');

export function wan({ files, repo, revision, endpoint, place }: Job): string {
  const manifest = join(place, `${revision}.toml`);
  const tables = files.map(
    ({ path, sizeBytes, sha256 }) => `[[models."m@1.0.0".files]]\npath = "${path}"\nsize = ${sizeBytes}\nsha256 = "${sha256}"\n`,
  );
  const sources = `[models."m@1.0.0".sources]\npriority = ["hf://${repo}@${revision}"]\n`;
  writeFileSync(manifest, `schema_version = 1\n[models."m@1.0.0"]\nversion = "1.0.0"\n${tables.join('')}${sources}`);
  const env = `MODELS_ROOT=${place}/root WAN_MODELS_MANIFEST=${manifest} WAN_HF_CACHE=off HF_ENDPOINT=${endpoint}`;
  return `${env} ${process.execPath} ${CLI} models ensure m@1.0.0 --json`;
}

/** Into the client's cache, by as many workers as there are files: it has one connection a file. */
const download = ({ files, repo, revision, place }: Job): string =>
  `${HUB_CLI} download ${repo} --revision ${revision} --max-workers ${files.length} --quiet > ${place}/snapshot`;

/** The client's own check of what it has, file by file, against what the Hub says. */
export const verify = ({ repo, revision }: Job): string =>
  `${HUB_CLI} cache verify ${repo} --revision ${revision} --fail-on-missing-files > /dev/null`;

/** Digests on all cores at once; the sorted list must equal the expected one. */
function openssl({ files, place }: Job): string {
  const list = join(place, 'SHA256SUMS');
  const lines = files.map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  writeFileSync(list, lines.join(''));
  const digests = `echo ${files.map(({ path }) => path).join(' ')} | xargs -n1 -P${availableParallelism()} openssl dgst -sha256 -r`;
  return `cd "$(cat ${place}/snapshot)"; ${digests} | sed 's/ \\*/  /' | sort -k2 | cmp - ${list}`;
}

/** @param settings further environment */
export const client = (job: Job, check: string, settings = ''): string =>
  [
    `export HF_ENDPOINT=${job.endpoint} HF_HUB_CACHE=${job.place}/hub HF_HOME=${job.place}/home HF_XET_HIGH_PERFORMANCE=1 ${settings}`,
    'export HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_UPDATE_CHECK=1 HF_HUB_DISABLE_PROGRESS_BARS=1',
    download(job),
    check,
    `sync ${job.place}/hub/*/blobs/*`,
  ].join('\n');

export const RIVAL = 'hf download, hf cache verify, sync';

export const rivals: Readonly<Record<string, (job: Job) => string>> = {
  wan,
  [RIVAL]: (job) => client(job, verify(job)),
  'hf download, openssl on all cores, sync': (job) => client(job, openssl(job)),
};
