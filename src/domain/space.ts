/** Whether what is to be written fits: on the volume, and in the quotas. */

/** One quota against what it is asked for. */
export interface QuotaVerdict {
  readonly scope: 'total' | 'family';
  /** Of a family's quota. */
  readonly family?: string;
  readonly quotaBytes: number;
  /** On disk, as `du` counts: of everything under the root, of what models of the family hold. */
  readonly usedBytes: number;
  /** Promised to other commands at work. */
  readonly reservedBytes: number;
  readonly neededBytes: number;
  /** 0 where it fits. */
  readonly shortfallBytes: number;
}

/** What could go, as `du` counts it; nothing of it is needed by what is asked for. */
export interface Reclaimable {
  readonly orphanBytes: number;
  readonly trashBytes: number;
  readonly quarantineBytes: number;
  /** What removing the models that are not pinned would give back. */
  readonly modelBytes: number;
}

/** What garbage collection would do about it. */
export interface RoomForeseen {
  /** Models that would go; beside them what belongs to nobody. */
  readonly removes: readonly string[];
  /** Why that would not be enough: then nothing goes. */
  readonly inTheWay?: string;
}

export interface SpaceVerdict {
  /** Will be written: fetched, copied, derived; second copies included. */
  readonly writeBytes: number;
  /** Of these: second copies, on a volume without links. */
  readonly secondCopyBytes: number;
  readonly marginBytes: number;
  /** Of free space, margin included; 0 where nothing is written. */
  readonly neededBytes: number;
  readonly freeBytes: number;
  /** Promised to other commands at work. */
  readonly reservedBytes: number;
  /** 0 where it fits. */
  readonly shortfallBytes: number;
  /** Those that are configured and asked for something. */
  readonly quotas: readonly QuotaVerdict[];
  /** Only where something is short. */
  readonly reclaimable?: Reclaimable;
  /** Only of a plan where something is short, and garbage collection may make room. */
  readonly room?: RoomForeseen;
}

export const fits = ({ shortfallBytes, quotas }: SpaceVerdict): boolean =>
  shortfallBytes === 0 && quotas.every((quota) => quota.shortfallBytes === 0);
