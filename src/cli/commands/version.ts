import { readFileSync } from 'node:fs';
import type { versionData } from '../../documents/machine.ts';
import { isErrno } from '../../domain/fs-error.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Report } from '../report.ts';

export function versionReport(): Report {
  const version = packageVersion();
  const data: Wire<typeof versionData> = { version, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
  return { schema: 'wan.version/v1', wire: () => data, text: () => `wan ${version} (Node ${data.node}, ${data.platform})` };
}

/** From package.json beside the folder of the built CLI, or at the top of the source tree. */
function packageVersion(): string {
  for (const place of ['../package.json', '../../../package.json']) {
    const { name, version } = JSON.parse(readIfThere(new URL(place, import.meta.url)) ?? '{}') as { name?: string; version?: string };
    if (name === 'wan-models' && version !== undefined) return version;
  }
  throw new Error('package.json of wan-models is not where it belongs');
}

function readIfThere(place: URL): string | undefined {
  try {
    return readFileSync(place, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
