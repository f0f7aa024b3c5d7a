import { CATALOG, type CatalogEntry } from '../catalog.ts';
import type { Command } from '../command.ts';
import { groupHelp, rootHelp, type Verb, verbHelp } from '../render/help-text.ts';
import { PLAIN_SCREEN, type Screen } from '../render/screen.ts';
import type { Report } from '../report.ts';

export interface HelpTopic {
  readonly entry?: CatalogEntry;
  readonly group?: string;
}

export async function helpReport({ entry, group }: HelpTopic): Promise<Report> {
  const text = entry === undefined ? await overview(group) : await ofVerb(entry);
  return { schema: 'wan.help/v1', wire: () => ({ text: text(PLAIN_SCREEN) }), text };
}

async function overview(group: string | undefined): Promise<(screen: Screen) => string> {
  const verbs = await allVerbs();
  return (screen) => (group === undefined ? rootHelp(screen, verbs) : groupHelp(screen, group, verbs));
}

async function ofVerb(entry: CatalogEntry): Promise<(screen: Screen) => string> {
  const command = await entry.load();
  return (screen) => verbHelp(screen, { entry, command });
}

/** Every verb, loaded: for help, completions and documents, never on the way of a verb that works. */
export const allVerbs = (): Promise<readonly Verb[]> =>
  Promise.all(CATALOG.map(async (entry): Promise<{ entry: CatalogEntry; command: Command }> => ({ entry, command: await entry.load() })));
