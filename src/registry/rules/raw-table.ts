/** Looking into a TOML tree whose shape is not known to be right: what has the wrong type is as if it were not there. */
import type { TomlPath } from '../toml-positions.ts';

export type RawTable = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is RawTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

export const tableAt = (table: RawTable, key: string): RawTable => (isTable(table[key]) ? table[key] : {});
export const listAt = (table: RawTable, key: string): readonly unknown[] =>
  Array.isArray(table[key]) ? (table[key] as readonly unknown[]) : [];
export const textAt = (table: RawTable, key: string): string | undefined => (typeof table[key] === 'string' ? table[key] : undefined);

/** Only the strings, each with its place in the list. */
export function textsAt(table: RawTable, key: string): { readonly text: string; readonly index: number }[] {
  return listAt(table, key).flatMap((text, index) => (typeof text === 'string' ? [{ text, index }] : []));
}

/** The tables inside a table. */
export function entriesAt(table: RawTable, key: string): [string, RawTable][] {
  return Object.entries(tableAt(table, key)).filter((entry): entry is [string, RawTable] => isTable(entry[1]));
}

/** A table with its place in the document. */
export interface RawNode {
  readonly table: RawTable;
  readonly path: TomlPath;
}

export function nodesAt(node: RawNode, key: string): RawNode[] {
  return listAt(node.table, key).flatMap((item, index) => (isTable(item) ? [{ table: item, path: [...node.path, key, index] }] : []));
}

export const nodeAt = (node: RawNode, key: string): RawNode => ({ table: tableAt(node.table, key), path: [...node.path, key] });

export function childNodes(node: RawNode, key: string): { readonly name: string; readonly node: RawNode }[] {
  return entriesAt(node.table, key).map(([name, table]) => ({ name, node: { table, path: [...node.path, key, name] } }));
}
