/** What must hold of counters, events and audit log in a store: part of `checkInvariants`. */
import { readFileSync } from 'node:fs';
import type { Violation } from '../store/check-invariants.ts';
import type { StoreContext } from '../store/context.ts';
import { listNames } from '../store/list-names.ts';
import { decodeRecord } from '../store/record.ts';
import { verifyAudit } from './audit/verify-audit.ts';

export const checkTelemetry = (store: StoreContext): Violation[] => [
  ...checkRecords(store, 'metrics', 'what it counted is lost'),
  ...checkRecords(store, 'events', 'nobody is told of it'),
  ...checkAudit(store),
];

/** Renamed when they are whole: only a power loss leaves a torn one. */
function checkRecords({ resolver }: StoreContext, kind: 'metrics' | 'events', lost: string): Violation[] {
  const directory = resolver.stateDir(kind);
  const paths = listNames(directory).map((name) => resolver.modelFile(directory, name));
  return paths
    .filter((path) => decodeRecord(readFileSync(path, 'utf8')) === undefined)
    .map((path) => ({ invariant: 4, path: resolver.relative(path), what: `is torn: ${lost}` }));
}

function checkAudit({ resolver }: StoreContext): Violation[] {
  const directory = resolver.stateDir('audit');
  return verifyAudit(directory).faults.map(({ kind, file = 'head.json', message }) => ({
    invariant: 4,
    path: resolver.relative(resolver.modelFile(directory, file)),
    what: `is no whole audit log (${kind}): ${message}`,
  }));
}
