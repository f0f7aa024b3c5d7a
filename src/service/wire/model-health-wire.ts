import type { ModelHealth } from '../../domain/health.ts';
import type { ModelSource } from '../../domain/results.ts';
import type { FileSpec, ModelSpec } from '../../domain/spec.ts';
import type { FileFault, ModelStatus } from '../../domain/status.ts';
import { sourceWire } from '../../wire/sources-wire.ts';
import { statusWire } from '../../wire/status-wire.ts';
import type { Wire } from '../../wire/wire.ts';
import type { oneModelHealth } from '../contract/health.ts';
import { modelHealthWire } from './health-wire.ts';
import { toldSource } from './told-errors.ts';

type OneWire = Wire<typeof oneModelHealth>;

export interface OneModel {
  readonly health: ModelHealth & { readonly status: ModelStatus };
  readonly spec: ModelSpec;
  readonly sources?: readonly ModelSource[];
  readonly correlationId: string;
}

export function oneModelHealthWire({ health, spec, sources, correlationId }: OneModel): OneWire {
  const { status } = health;
  const faults = new Map<string, FileFault>([
    ...status.missingFiles.map((path) => [path, 'missing'] as const),
    ...status.faultyFiles.map(({ path, fault }) => [path, fault] as const),
  ]);
  return {
    ...modelHealthWire(health),
    timestamp: new Date().toISOString(),
    correlation_id: correlationId,
    status_detail: statusWire(status),
    components: componentsOf(spec, faults),
    files: spec.files.map((file) => fileWire(file, faults.get(file.path))),
    ...(sources && { sources: sources.map((source) => sourceWire(toldSource(source))) }),
  };
}

function componentsOf(spec: ModelSpec, faults: ReadonlyMap<string, FileFault>): OneWire['components'] {
  const groups = Map.groupBy(spec.files, ({ component }) => component);
  return [...groups].map(([name, files]) => componentWire(name, files, { spec, faults }));
}

interface Known {
  readonly spec: ModelSpec;
  readonly faults: ReadonlyMap<string, FileFault>;
}

function componentWire(name: string | undefined, files: readonly FileSpec[], { spec, faults }: Known): OneWire['components'][number] {
  const faulty = files.filter(({ path }) => faults.has(path)).map(({ path }) => path);
  const missing = faulty.filter((path) => faults.get(path) === 'missing');
  return {
    component: name ?? null,
    required: name === undefined ? files.some(({ optional }) => !optional) : !spec.optionalComponents.includes(name),
    file_count: files.length,
    total_bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    missing_files: missing,
    faulty_files: faulty.filter((path) => !missing.includes(path)),
    complete: faulty.length === 0,
  };
}

const fileWire = ({ path, component, sizeBytes, proof }: FileSpec, fault: FileFault | undefined): OneWire['files'][number] => ({
  path,
  component: component ?? null,
  expected_size: sizeBytes,
  proof,
  exists: fault !== 'missing',
  fault: fault ?? null,
});
