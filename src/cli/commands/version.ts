import type { versionData } from '../../documents/machine.ts';
import type { Wire } from '../../wire/wire.ts';
import { packageVersion } from '../package-version.ts';
import type { Report } from '../report.ts';

export function versionReport(): Report {
  const version = packageVersion();
  const data: Wire<typeof versionData> = { version, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
  return { schema: 'wan.version/v1', wire: () => data, text: () => `wan ${version} (Node ${data.node}, ${data.platform})` };
}
