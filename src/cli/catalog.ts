/** Every verb, where its code is, and the other names that people try. Those that scripts call again and again are at hand; of the others only the one
 * that runs is loaded. */
import type { Command } from './command.ts';
import { check } from './commands/check.ts';
import { ensure } from './commands/ensure.ts';
import { path } from './commands/path.ts';
import { status } from './commands/status.ts';

export interface CatalogEntry {
  /** After `wan`: `models ensure`, `doctor`. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly load: () => Promise<Command>;
}

/** Headings of the verbs of a group that has many; each begins with the verb named. */
export const SECTIONS: Readonly<Record<string, string>> = {
  'models ensure': 'Make models real, and look at them',
  'models verify': 'Prove them, and mend them',
  'models du': 'Disk space, and what must stay',
  'models validate': 'The manifest and its lockfile',
  'models import': 'Take over, hand on',
  'models load-plan': 'Load them',
  'models jobs': 'Work in the background',
};

export const GROUPS: Readonly<Record<string, string>> = {
  models: 'Make models real, look at them, prove them',
  embeddings: 'Text embeddings that clips with the same prompt share',
  registry: 'What is noted of models beside the manifest',
  audit: 'See what was changed here, when and by whom',
  auth: 'Let sources know who you are',
  config: 'See what is configured, and say whose word counts',
};

const entry = (name: string, load: CatalogEntry['load'], ...aliases: readonly string[]): CatalogEntry => ({ name, aliases, load });

export const CATALOG: readonly CatalogEntry[] = [
  entry('models ensure', async () => ensure, 'pull', 'get', 'download', 'install'),
  entry('models status', async () => status),
  entry('models check', async () => check),
  entry('models list', async () => (await import('./commands/list.ts')).list, 'ls'),
  entry('models show', async () => (await import('./commands/show.ts')).show, 'info', 'inspect'),
  entry('models path', async () => path),
  entry('models plan', async () => (await import('./commands/plan.ts')).plan),
  entry('models sources', async () => (await import('./commands/sources.ts')).sources),
  entry('models verify', async () => (await import('./commands/verify.ts')).verify),
  entry('models repair', async () => (await import('./commands/repair.ts')).repair, 'fix'),
  entry('models scrub', async () => (await import('./commands/scrub.ts')).scrub),
  entry('models rebuild', async () => (await import('./commands/rebuild.ts')).rebuild),
  entry('models du', async () => (await import('./commands/du.ts')).du),
  entry('models gc', async () => (await import('./commands/gc.ts')).gc, 'prune'),
  entry('models rm', async () => (await import('./commands/rm.ts')).rm),
  entry('models pin', async () => (await import('./commands/pin.ts')).pin),
  entry('models unpin', async () => (await import('./commands/unpin.ts')).unpin),
  entry('models pins', async () => (await import('./commands/pins.ts')).pins),
  entry('models exec', async () => (await import('./commands/exec.ts')).exec),
  entry('models lease', async () => (await import('./commands/lease.ts')).lease, 'hold'),
  entry('models tier', async () => (await import('./commands/tier.ts')).tier, 'tiers'),
  entry('models validate', async () => (await import('./commands/validate.ts')).validate),
  entry('models add', async () => (await import('./commands/add.ts')).add),
  entry('models search', async () => (await import('./commands/search.ts')).search, 'find'),
  entry('models remove', async () => (await import('./commands/remove.ts')).remove),
  entry('models lock', async () => (await import('./commands/lock.ts')).lock),
  entry('models outdated', async () => (await import('./commands/outdated.ts')).outdated),
  entry('models update', async () => (await import('./commands/update.ts')).update, 'upgrade'),
  entry('models diff', async () => (await import('./commands/diff.ts')).diff),
  entry('models import', async () => (await import('./commands/import.ts')).importVerb, 'adopt'),
  entry('models export', async () => (await import('./commands/export.ts')).exportVerb),
  entry('models bundle', async () => (await import('./commands/bundle.ts')).bundle),
  entry('models load-plan', async () => (await import('./commands/load-plan.ts')).loadPlanCommand),
  entry('models vram', async () => (await import('./commands/vram.ts')).vram, 'memory'),
  entry('models prepare-image', async () => (await import('./commands/prepare-image.ts')).prepareImageCommand),
  entry('models smoke', async () => (await import('./commands/smoke.ts')).smoke),
  entry('models jobs', async () => (await import('./commands/jobs.ts')).jobs, 'queue'),
  entry('models explain', async () => (await import('./commands/explain.ts')).explain, 'why'),
  entry('models locks', async () => (await import('./commands/locks.ts')).locks),
  entry('embeddings status', async () => (await import('./commands/embeddings-status.ts')).embeddingsStatus),
  entry('embeddings list', async () => (await import('./commands/embeddings-list.ts')).embeddingsList, 'ls'),
  entry('embeddings clear', async () => (await import('./commands/embeddings-clear.ts')).embeddingsClear),
  entry('embeddings path', async () => (await import('./commands/embeddings-path.ts')).embeddingsPath),
  entry('registry import', async () => (await import('./commands/registry-import.ts')).registryImport),
  entry('metrics', async () => (await import('./commands/metrics.ts')).metrics),
  entry('audit tail', async () => (await import('./commands/audit-tail.ts')).auditTail),
  entry('audit show', async () => (await import('./commands/audit-show.ts')).auditShow),
  entry('audit verify', async () => (await import('./commands/audit-verify.ts')).auditVerify),
  entry('auth login', async () => (await import('./commands/auth-login.ts')).authLogin),
  entry('auth status', async () => (await import('./commands/auth-status.ts')).authStatus),
  entry('auth logout', async () => (await import('./commands/auth-logout.ts')).authLogout),
  entry('auth token', async () => (await import('./commands/auth-token.ts')).authToken),
  entry('webhooks', async () => (await import('./commands/webhooks.ts')).webhooks),
  entry('serve', async () => (await import('./commands/serve.ts')).serve),
  entry('doctor', async () => (await import('./commands/doctor.ts')).doctor),
  entry('config show', async () => (await import('./commands/config-show.ts')).configShow),
  entry('config trust', async () => (await import('./commands/config-trust.ts')).configTrust),
  entry('completions', async () => (await import('./commands/completions.ts')).completions),
];

/** The words after the group, aliases included, that a group understands; without a group, the first words. */
export function wordsOf(group: string | undefined): readonly string[] {
  if (group !== undefined) return entriesOf(group).flatMap(({ name, aliases }) => [lastWord(name), ...aliases]);
  return [...new Set(CATALOG.map(({ name }) => name.split(' ')[0] ?? ''))];
}

export const entriesOf = (group: string): readonly CatalogEntry[] => CATALOG.filter(({ name }) => name.startsWith(`${group} `));

export const lastWord = (name: string): string => name.slice(name.lastIndexOf(' ') + 1);

export function findEntry(first: string, second: string | undefined): CatalogEntry | undefined {
  if (!(first in GROUPS)) return CATALOG.find(({ name }) => name === first);
  return entriesOf(first).find(({ name, aliases }) => second !== undefined && (lastWord(name) === second || aliases.includes(second)));
}
