/** Rules for the overlays of one model: their names, and that they were made for it. */
import { nearest } from '../../util/nearest.ts';
import { componentsMeant } from '../aliases.ts';
import type { Report } from '../draft-problem.ts';
import { isFolderName } from './folder-name.ts';
import { childNodes, nodeAt, nodesAt, type RawNode, textAt } from './raw-table.ts';
import { checkSources } from './source-rules.ts';

/** @param components those that the model has */
export function checkOverlays(model: RawNode, components: readonly string[], report: Report): void {
  for (const { name, node } of childNodes(model, 'overlays')) {
    if (!isFolderName(name))
      report({ code: 'name_invalid', path: node.path, at: 'key', message: `the overlay ${JSON.stringify(name)} is not a plain name` });
    checkSources(nodeAt(node, 'sources'), report);
    checkBase(model, node, report);
    for (const file of nodesAt(node, 'files')) checkBinding(file, components, report);
  }
}

function checkBase(model: RawNode, overlay: RawNode, report: Report): void {
  const wanted = textAt(overlay.table, 'base_family');
  const base = textAt(model.table, 'base_family') ?? String(model.path[1]).split('@', 1)[0];
  if (wanted === undefined || wanted === base) return;
  report({
    code: 'overlay_base',
    path: [...overlay.path, 'base_family'],
    message: `the overlay was made for ${JSON.stringify(wanted)}, and this model is ${JSON.stringify(base)}`,
    hint: 'put it under a model of its base family',
  });
}

/** Weights are added to one component; a name that means two of them does not say to which. */
function checkBinding(file: RawNode, components: readonly string[], report: Report): void {
  const name = textAt(file.table, 'applies_to');
  if (name === undefined) return;
  const meant = componentsMeant(name, components);
  if (meant.length === 1) return;
  const path = [...file.path, 'applies_to'];
  const near = nearest(name, components);
  if (meant.length > 1)
    report({
      code: 'unknown_component',
      path,
      message: `${JSON.stringify(name)} means ${meant.join(' and ')} here`,
      hint: 'name one of them',
    });
  else
    report({
      code: 'unknown_component',
      path,
      message: `the model has no component ${JSON.stringify(name)}`,
      hint: near === undefined ? `it has ${components.join(', ') || 'none'}` : `did you mean ${near}?`,
    });
}
