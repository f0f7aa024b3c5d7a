/** The reference parser of Prometheus's text format, in Python, at the version that .ci/run installs. */
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cacheHome = process.env.XDG_CACHE_HOME || join(process.env.HOME ?? homedir(), '.cache');

/** For `needs` of `describeWithReal`. */
export const PROMETHEUS_PYTHON = join(
  cacheHome,
  'wan-models-ci',
  'prometheus_client-0.26.0',
  process.platform === 'win32' ? 'Scripts' : 'bin',
  'python',
);

const PARSE = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
samples = [[s.name, s.labels, None if s.value != s.value else s.value] for f in text_string_to_metric_families(sys.stdin.read()) for s in f.samples]
json.dump(samples, sys.stdout)
`;

/** `name{label="value",…}` with the labels sorted -> value. A text that does not parse is an Error. */
export function parsedByPrometheus(text: string): ReadonlyMap<string, number> {
  const { status, stdout, stderr } = spawnSync(PROMETHEUS_PYTHON, ['-c', PARSE], { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(`prometheus_client does not parse it: ${stderr}`);
  const samples = JSON.parse(stdout) as readonly (readonly [string, Readonly<Record<string, string>>, number | null])[];
  return new Map(samples.map(([name, labels, value]) => [seriesName(name, labels), value ?? Number.NaN]));
}

export const seriesName = (name: string, labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? name : `${name}{${pairs.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
};
