/** What lies under MODELS_ROOT as areas, each byte in one: families, in them models and what these share; and what belongs to no model. Pure. */
import type { Disk } from '../../api/wire.ts';

export interface Area {
  readonly key: string;
  readonly name: string;
  /** Of what it is a part: a family, or ''. */
  readonly family: string;
  readonly kind: 'model' | 'shared' | 'other';
  readonly bytes: number;
  /** Of a model that a view of its own tells of. */
  readonly ref?: string;
  readonly isPinned?: boolean;
}

export interface Region {
  readonly name: string;
  readonly bytes: number;
  readonly areas: readonly Area[];
}

/** Of whom no model is the owner. */
const LOOSE: Readonly<Record<string, string>> = {
  partial: 'unfinished downloads',
  orphan: 'counted on by no model',
  quarantine: 'quarantine',
  trash: 'trash',
  foreign: 'foreign files',
  state: 'records of the store',
};

/** The largest first; what takes nothing is left out. */
export function regionsOf(disk: Disk): readonly Region[] {
  const families = disk.families.map((family) => familyRegion(disk, family));
  const between = sharedBetween(disk);
  const loose = disk.classes.flatMap((one) => looseArea(one.class, one.disk_bytes));
  return [...families, region('', [...(between > 0 ? [shared('', 'shared by several', between)] : []), ...loose])]
    .filter(({ bytes }) => bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes);
}

function familyRegion(disk: Disk, { name, unique_bytes: whole }: Disk['families'][number]): Region {
  const models = disk.models.filter(({ family }) => family === name);
  const own = models.reduce((sum, { unique_bytes }) => sum + unique_bytes, 0);
  const areas = models.map(
    ({ ref, unique_bytes: bytes, pinned, readable }): Area => ({
      key: ref,
      name: ref,
      family: name,
      kind: 'model',
      bytes,
      ...(readable && { ref }),
      isPinned: pinned,
    }),
  );
  return region(name, [...areas, shared(name, `shared in ${name}`, Math.max(0, whole - own))]);
}

/** What is of models, and would not come back with any one family. */
function sharedBetween({ classes, families }: Disk): number {
  const ofModels = classes.filter((one) => !(one.class in LOOSE)).reduce((sum, { disk_bytes }) => sum + disk_bytes, 0);
  return Math.max(0, ofModels - families.reduce((sum, { unique_bytes }) => sum + unique_bytes, 0));
}

const shared = (family: string, name: string, bytes: number): Area => ({ key: `shared ${family}`, name, family, kind: 'shared', bytes });

const looseArea = (byteClass: string, bytes: number): readonly Area[] =>
  byteClass in LOOSE ? [{ key: `class ${byteClass}`, name: LOOSE[byteClass] ?? byteClass, family: '', kind: 'other', bytes }] : [];

function region(name: string, areas: readonly Area[]): Region {
  const shown = areas.filter(({ bytes }) => bytes > 0).toSorted((a, b) => b.bytes - a.bytes);
  return { name, areas: shown, bytes: shown.reduce((sum, { bytes }) => sum + bytes, 0) };
}
