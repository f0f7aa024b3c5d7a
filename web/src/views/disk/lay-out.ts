/** Regions with their areas -> rectangles. Pure. */
import { type HierarchyRectangularNode, hierarchy, treemap } from 'd3-hierarchy';
import type { Area, Region } from './disk-tree.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface AreaBox extends Box {
  readonly area: Area;
}

export interface RegionBox extends Box {
  readonly region: Region;
  readonly areas: readonly AreaBox[];
}

/** Height of a region's title; there is none where the region is lower than this three times. */
export const TITLE = 18;
const GAP = 2;

interface Node {
  readonly region?: Region;
  readonly area?: Area;
  readonly children?: readonly Node[];
}

export function layOut(regions: readonly Region[], width: number, height: number): readonly RegionBox[] {
  if (regions.length === 0 || width <= 0 || height <= 0) return [];
  const root = hierarchy<Node>({ children: regions.map(nodeOf) }, ({ children }) => children as Node[] | undefined).sum(
    ({ area }) => area?.bytes ?? 0,
  );
  const laid = treemap<Node>()
    .size([width, height])
    .paddingInner(GAP)
    .paddingTop(({ depth, y0, y1 }) => (depth === 1 && y1 - y0 >= 3 * TITLE ? TITLE : 0))
    .round(true)(root);
  return (laid.children ?? []).flatMap((node) => (node.data.region === undefined ? [] : [regionBox(node, node.data.region)]));
}

const nodeOf = (region: Region): Node => ({ region, children: region.areas.map((area) => ({ area })) });

const regionBox = (node: HierarchyRectangularNode<Node>, region: Region): RegionBox => ({
  ...boxOf(node),
  region,
  areas: (node.children ?? []).flatMap((child) => (child.data.area === undefined ? [] : [{ ...boxOf(child), area: child.data.area }])),
});

const boxOf = ({ x0, y0, x1, y1 }: HierarchyRectangularNode<Node>): Box => ({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 });
