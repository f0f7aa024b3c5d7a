/** Who runs, as bash. Each ends only when its bytes are proven by their digests and on disk. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface StoredFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface Job {
  readonly files: readonly StoredFile[];
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  /** Empty folder, removed afterwards. */
  readonly place: string;
}

const CLI = join(import.meta.dirname, '../../bin/wan.js');

/** Digests on all cores at once; the sorted list must equal the expected one. */
function proven(job: Job): string {
  const list = join(job.place, 'SHA256SUMS');
  writeFileSync(list, job.files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''));
  const names = job.files.map(({ name }) => name).join(' ');
  const digests = `echo ${names} | xargs -n1 -P${availableParallelism()} openssl dgst -sha256 -r | sed 's/ \\*/  /' | sort -k2`;
  return `cd ${job.place}; ${digests} | cmp - ${list}; sync ${names}`;
}

function wan(job: Job): string {
  const manifest = join(job.place, 'models.toml');
  const files = job.files.map(
    ({ name, sizeBytes, sha256 }) => `[[models."m@1.0.0".files]]\npath = "${name}"\nsize = ${sizeBytes}\nsha256 = "${sha256}"\n`,
  );
  const sources = `[models."m@1.0.0".sources]\npriority = ["s3://${job.bucket}/m"]\n`;
  writeFileSync(manifest, `schema_version = 1\n[models."m@1.0.0"]\nversion = "1.0.0"\n${files.join('')}${sources}`);
  return `MODELS_ROOT=${job.place}/root WAN_MODELS_MANIFEST=${manifest} ${process.execPath} ${CLI} models ensure m@1.0.0 --json`;
}

const rcloneRemote = (job: Job): string =>
  `:s3,provider=Minio,env_auth=true,region=${job.region},endpoint='${job.endpoint}':${job.bucket}/m`;

interface Rival {
  /** The program that it needs. */
  readonly program: string;
  readonly command: (job: Job) => string;
}

export const rivals: Readonly<Record<string, Rival>> = {
  wan: { program: 'bash', command: wan },
  's5cmd cp + openssl': {
    program: 's5cmd',
    command: (job) => `s5cmd --endpoint-url ${job.endpoint} cp 's3://${job.bucket}/m/*' ${job.place}/ > /dev/null; ${proven(job)}`,
  },
  'rclone copy + openssl': {
    program: 'rclone',
    command: (job) => `rclone copy --config "" --transfers 8 --multi-thread-streams 4 "${rcloneRemote(job)}" ${job.place}; ${proven(job)}`,
  },
  'aws s3 cp + openssl': {
    program: 'aws',
    command: (job) => `aws --endpoint-url ${job.endpoint} s3 cp --quiet --recursive s3://${job.bucket}/m ${job.place}; ${proven(job)}`,
  },
};
