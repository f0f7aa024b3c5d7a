/** Where models that mount components without sources of their own have them. Reads tables whose shape may be wrong. */
import type { FileOrigin } from '../domain/spec.ts';
import { isTable, type RawTable, tableAt, textAt, textsAt } from './rules/raw-table.ts';
import { mountedPath } from './variant-files.ts';

/** Component -> the places of the first model that mounts it. */
export function mountedPlaces(models: Iterable<RawTable>): ReadonlyMap<string, readonly FileOrigin[]> {
  const places = new Map<string, FileOrigin[]>();
  for (const model of models) {
    const sources = textsAt(tableAt(model, 'sources'), 'priority').map(({ text }) => text);
    for (const { component, folder } of mountsOf(model)) {
      if (places.has(component) || sources.length === 0) continue;
      places.set(
        component,
        sources.map((source) => ({ source, path: mountedPath(folder, '') })),
      );
    }
  }
  return places;
}

function mountsOf(model: RawTable): { component: string; folder: string }[] {
  return Object.entries(tableAt(model, 'mounts')).flatMap(([name, mount]) => {
    const component = isTable(mount) ? textAt(mount, 'component') : mount;
    return typeof component === 'string' ? [{ component, folder: (isTable(mount) ? textAt(mount, 'path') : undefined) ?? name }] : [];
  });
}
