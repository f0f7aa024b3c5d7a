/** Which parts of a model say of themselves that their weights are quantised: integers are right there. */
import { join } from 'node:path';
import type { ModelSpec } from '../../domain/spec.ts';
import { readJsonObject } from '../read-json.ts';

export async function quantisedComponents(directory: string, { files }: ModelSpec): Promise<ReadonlySet<string>> {
  const quantised = new Set<string>();
  for (const { path, component } of files) {
    if (component === undefined || !/(?:^|\/)config\.json$/.test(path)) continue;
    const config = await readJsonObject(join(directory, ...path.split('/')));
    if (config?.quantization_config !== undefined) quantised.add(component);
  }
  return quantised;
}
