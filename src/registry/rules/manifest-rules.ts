/** Everything that must hold of a manifest beyond its shape. Reads the tree as parsed, so that it runs whatever the shape is. */
import { isModelName, isModelVersion } from '../../domain/model-ref.ts';
import { pathFault } from '../../domain/path-rules.ts';
import type { ProblemList, Report } from '../draft-problem.ts';
import type { TomlPath } from '../toml-positions.ts';
import { checkCollisions, type PlacedFile } from './collision-rules.ts';
import { checkFile } from './file-rules.ts';
import { checkModel } from './model-rules.ts';
import { childNodes, nodeAt, nodesAt, type RawNode, type RawTable, textAt } from './raw-table.ts';
import { checkSources } from './source-rules.ts';

export function checkManifest(tree: RawTable, problems: ProblemList): void {
  const { report } = problems;
  const root: RawNode = { table: tree, path: [] };
  const components = new Map(childNodes(root, 'components').map(({ name, node }) => [name, node]));
  checkIds([...components.values()], 'component', report);
  for (const component of components.values()) checkComponent(component, report);
  const models = childNodes(root, 'models').map(({ node }) => node);
  checkIds(models, 'model', report);
  const mounted = { left: MAX_MOUNTED_FILES };
  for (const model of models) if (!problems.isFull) checkModel({ model, components, mounted, report });
}

/** Over all models and variants; a few large components mounted by thousands of models would multiply without end. */
const MAX_MOUNTED_FILES = 2_000_000;

function checkIds(nodes: readonly RawNode[], what: string, report: Report): void {
  const seen = new Map<string, TomlPath>();
  for (const { table, path } of nodes) {
    const id = String(path[1]);
    const related = seen.get(id.toLowerCase());
    if (related !== undefined)
      report({ code: 'duplicate_id', path, at: 'key', related, message: `two ${what}s are named ${JSON.stringify(id)}, but for case` });
    seen.set(id.toLowerCase(), path);
    checkId(id, what, { table, path }, report);
  }
}

function checkId(id: string, what: string, { table, path }: RawNode, report: Report): void {
  const [name = '', version = '', ...rest] = id.split('@');
  const isGood = rest.length === 0 && isModelName(name) && isModelVersion(version) && pathFault(id) === undefined;
  if (!isGood)
    report({
      code: 'id_invalid',
      path,
      at: 'key',
      message: `the ${what} id ${JSON.stringify(id.slice(0, 120))} is not of the form name@1.2.3`,
      hint: 'for example t2v-A14B@2.2.0',
    });
  const stated = textAt(table, 'version');
  if (isGood && stated !== undefined && stated !== version)
    report({
      code: 'version_mismatch',
      path: [...path, 'version'],
      message: `version is ${JSON.stringify(stated)}, but the id says ${version}`,
    });
}

function checkComponent(component: RawNode, report: Report): void {
  const files = nodesAt(component, 'files');
  for (const file of files) checkFile(file, report);
  checkSources(nodeAt(component, 'sources'), report);
  if (files.every(({ table }) => table.variants === undefined)) checkCollisions(files.flatMap(placed), report);
}

function placed({ table, path }: RawNode): PlacedFile[] {
  const file = textAt(table, 'path');
  return file === undefined ? [] : [{ path: file, at: [...path, 'path'] }];
}
