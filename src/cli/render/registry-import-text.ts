import type { ImportedEntry, RegistryImport } from '../../domain/registry-import.ts';
import { mark } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [{ title: 'MODEL' }, { title: 'WAS' }, { title: 'OUTCOME' }];

const OUTCOMES: Readonly<Record<ImportedEntry['outcome'], string>> = {
  annotated: 'noted of a model of the manifest',
  registered: 'registered: nothing of it is here',
  kept: 'noted of before: left as it is',
};

export function registryImportText(screen: Screen, { source, registryFile, keptAs, entries }: RegistryImport): string {
  const rows = entries.map(({ writtenId, modelId, outcome }) => [
    `${mark(screen, outcome === 'kept' ? 'none' : 'good')} ${modelId}`,
    writtenId,
    OUTCOMES[outcome],
  ]);
  const end = keptAs === undefined ? `${source} stays as it is` : `the old file is kept as ${keptAs}`;
  return [...(rows.length === 0 ? ['no model was taken over'] : [table(screen, COLUMNS, rows)]), `written to ${registryFile}; ${end}`].join(
    '\n',
  );
}
