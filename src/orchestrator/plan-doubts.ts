/** What an ensure reads here before it believes it, and what that may come to cost: pure, from what was seen on disk. */
import type { FileCondition } from '../store/inspect-snapshot.ts';
import type { PlannedBlob, SeenFile } from './plan-blobs.ts';

export interface Doubt {
  /** To be read, since nothing on record proves it. */
  readonly verifyBytes: number;
  /** To be fetched besides, at most, where what is read is wrong. */
  readonly mayFetchBytes: number;
}

export interface DoubtsRequest {
  readonly files: readonly SeenFile[];
  /** What is to be done for each of them. */
  readonly planned: readonly PlannedBlob[];
  /** False where nothing that is here is looked at: all is as it should be, or all is to be fetched anew. */
  readonly isDue: boolean;
}

export const NO_DOUBT: Doubt = { verifyBytes: 0, mayFetchBytes: 0 };

/** Published files from which a blob that is gone is made again, once they were read. */
const READ_FIRST: readonly FileCondition[] = ['touched', 'modified', 'unproven'];

/** In the order of the files. Of several with the same bytes the first one has the doubt of all. */
export function planDoubts({ files, planned, isDue }: DoubtsRequest): Doubt[] {
  const groups = Map.groupBy(files, ({ key }) => key);
  return files.map((file, index) => {
    const group = groups.get(file.key) ?? [];
    return isDue && group[0] === file && isRead(group) ? doubtIn(file, planned[index]) : NO_DOUBT;
  });
}

/** As `isHere` decides: a proven blob, or a proven file whose blob is gone, is believed. */
function isRead(group: readonly SeenFile[]): boolean {
  const [file] = group;
  if (file?.digest === undefined || group.every(({ condition }) => condition === 'left-out')) return false;
  const has = (condition: FileCondition): boolean => group.some((one) => one.condition === condition);
  return file.blob === 'unproven' || (file.blob === 'absent' && !has('proven') && READ_FIRST.some(has));
}

/** What the manifest or another file makes again is not fetched, and what is counted as fetched is counted. */
function doubtIn({ spec, heldBytes }: SeenFile, planned: PlannedBlob | undefined): Doubt {
  const isFetched = spec.content === undefined && spec.derive === undefined && planned?.fetchBytes === 0;
  return { verifyBytes: spec.sizeBytes, mayFetchBytes: isFetched ? spec.sizeBytes - heldBytes : 0 };
}
