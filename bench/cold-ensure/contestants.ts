/** Who runs, as bash. Each ends only when its bytes are proven and on disk. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface ServedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface Job {
  readonly files: readonly ServedFile[];
  /** Base URL of the server. */
  readonly url: string;
  /** Folder that it serves. */
  readonly served: string;
  /** Empty folder, removed afterwards. */
  readonly place: string;
}

const CLI = join(import.meta.dirname, '../../bin/wan.js');
const cores = availableParallelism();

const names = (job: Job): string => job.files.map(({ name }) => name).join(' ');

function checksums(job: Job): string {
  const list = join(job.place, 'SHA256SUMS');
  writeFileSync(list, job.files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''));
  return list;
}

function aria(job: Job): string {
  const list = join(job.place, 'urls');
  writeFileSync(list, job.files.map(({ name }) => `${job.url}/${name}\n`).join(''));
  return `aria2c -q -x16 -d ${job.place} -i ${list}`;
}

/** On all cores at once; the sorted list must equal the expected one. */
const openssl = (job: Job): string =>
  `cd ${job.place}; echo ${names(job)} | xargs -n1 -P${cores} openssl dgst -sha256 -r | sed 's/ \\*/  /' | sort -k2 | cmp - ${checksums(job)}`;

function wan(job: Job): string {
  const manifest = join(job.place, 'models.toml');
  const files = job.files.map(
    ({ name, sizeBytes, sha256 }) => `[[models."m@1.0.0".files]]\npath = "${name}"\nsize = ${sizeBytes}\nsha256 = "${sha256}"\n`,
  );
  const sources = `[models."m@1.0.0".sources]\npriority = ["${job.url}"]\n`;
  writeFileSync(manifest, `schema_version = 1\n[models."m@1.0.0"]\nversion = "1.0.0"\n${files.join('')}${sources}`);
  return `MODELS_ROOT=${job.place}/root WAN_MODELS_MANIFEST=${manifest} ${process.execPath} ${CLI} models ensure m@1.0.0 --json`;
}

export const contestants: Readonly<Record<string, (job: Job) => string>> = {
  wan,
  'aria2c+openssl+sync': (job) => `${aria(job)}; ${openssl(job)}; sync ${job.place}/f*`,
  'aria2c+sha256sum -c+sync': (job) => `${aria(job)}; cd ${job.place}; sha256sum --quiet -c ${checksums(job)}; sync f*`,
  'curl|tee|sha256sum+sync': (job) =>
    job.files
      .map(({ name, sha256 }) => `[ "$(curl -s ${job.url}/${name} | tee ${job.place}/${name} | sha256sum | cut -d' ' -f1)" = ${sha256} ]`)
      .join('; ')
      .concat(`; sync ${job.place}/f*`),
  'openssl alone (limit)': (job) => `cd ${job.served}; echo ${names(job)} | xargs -n1 -P${cores} openssl dgst -sha256 > /dev/null`,
};
