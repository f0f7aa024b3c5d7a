/** Rules for the lists of components that a model and its pipeline have. */
import { nearest } from '../../util/nearest.ts';
import { componentsMeant } from '../aliases.ts';
import type { Report } from '../draft-problem.ts';
import { nodeAt, type RawNode, textsAt } from './raw-table.ts';

/** @param existing components of files and mounts. Lists may name one that no file has yet, but not by a slip of the pen. */
export function checkComponentLists(model: RawNode, existing: readonly string[], report: Report): void {
  for (const { text, path } of [...listed(model, 'required_components'), ...listed(model, 'optional_components')]) {
    const near = componentsMeant(text, existing).length > 0 ? undefined : nearest(text, existing);
    if (near !== undefined)
      report({
        code: 'unknown_component',
        path,
        message: `no file or mount is of component ${JSON.stringify(text)}`,
        hint: `did you mean ${near}?`,
      });
  }
  const required = new Map(listed(model, 'required_components').map(({ text, path }) => [text, path]));
  for (const { text, path } of listed(model, 'optional_components')) {
    const related = required.get(text);
    if (related !== undefined)
      report({ code: 'component_conflict', path, related, message: `${JSON.stringify(text)} is optional and required at once` });
  }
  for (const { text, path } of listed(nodeAt(model, 'pipeline'), 'forbidden_components')) {
    if (existing.includes(text))
      report({ code: 'component_conflict', path, message: `the pipeline forbids ${JSON.stringify(text)}, and the model has files of it` });
  }
}

const listed = (node: RawNode, key: string) =>
  textsAt(node.table, key).map(({ text, index }) => ({ text, path: [...node.path, key, index] }));
