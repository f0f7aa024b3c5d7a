/** What must hold of the records under `.state` that processes share while they work. Part of `checkInvariants`. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isFileLocked } from '../locks/locked-file.ts';
import { STATE_KINDS, type StateKind } from '../resolver/model-resolver.ts';
import type { Violation } from './check-invariants.ts';
import { checkJobs } from './check-jobs.ts';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';
import { readRecord } from './record.ts';

/** Kinds with text from sources, or from other programs, in their records. */
const OF_OTHERS: readonly StateKind[] = ['absent', 'hosts', 'jobs', 'job-progress', 'smoke', 'events', 'deliveries'];
/** A user before the host, or a query with values. */
const SECRET = /:\/\/[^/\s"]*@|[?&][\w-]+=/;

export async function checkState(context: StoreContext): Promise<Violation[]> {
  const kinds: readonly string[] = STATE_KINDS;
  const strangers = listNames(dirname(context.resolver.stateDir('ledger'))).filter((name) => !kinds.includes(name));
  return [
    ...strangers.map((name) => ({ invariant: 7, path: `.state/${name}`, what: 'is no part of the layout' })),
    ...filesOf(context, OF_OTHERS).flatMap((path) => checkSecrets(context, path)),
    ...(await checkRates(context)),
    ...checkJobs(context),
    ...filesOf(context, ['webhooks', 'deliveries']).flatMap((path) => checkWhole(context, path)),
  ];
}

function checkSecrets(context: StoreContext, path: string): Violation[] {
  if (!SECRET.test(readFileSync(path, 'utf8'))) return [];
  return [{ invariant: 6, path: context.resolver.relative(path), what: 'holds a URL with a user or a query' }];
}

function checkWhole(context: StoreContext, path: string): Violation[] {
  if (readRecord(path) !== undefined) return [];
  return [{ invariant: 4, path: context.resolver.relative(path), what: 'is no whole record' }];
}

/** A share of the bandwidth that is held now, while nobody works, has a holder that should not live. */
async function checkRates(context: StoreContext): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const path of filesOf(context, ['rates'])) {
    if (!(await isFileLocked(path))) continue;
    violations.push({ invariant: 9, path: context.resolver.relative(path), what: 'is a share of the bandwidth that somebody still holds' });
  }
  return violations;
}

const filesOf = ({ resolver }: StoreContext, kinds: readonly StateKind[]): string[] =>
  kinds.flatMap((kind) => listNames(resolver.stateDir(kind)).map((name) => resolver.modelFile(resolver.stateDir(kind), name)));
