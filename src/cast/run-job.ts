import { errnoOf } from '../domain/fs-error.ts';
import { castFile } from './cast-file.ts';
import { type CastAnswer, type CastJob, JobCell } from './cast-protocol.ts';

/** A job on whichever thread calls this. */
export function runJob({ order, cell: buffer }: CastJob): CastAnswer {
  const cell = new JobCell(buffer);
  const onWritten = (doneBytes: number): boolean => {
    cell.doneBytes = doneBytes;
    return !cell.isStopped;
  };
  try {
    return { outcome: castFile(order, { onWritten }) };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return { fault: { message: (error as Error).message, errno } };
  }
}
