/** How an answer was cut off. Behind a front that one alone knows how many bytes went out, and says so. */
import type { IncomingMessage } from 'node:http';
import type { ErrorDocument, ModelError } from '../../domain/errors.ts';
import { PortSocket } from '../../util/port-socket.ts';
import { revived } from './revived-error.ts';

export interface CutOff {
  /** Handed to the client, heads and all. */
  readonly sentBytes: number;
  /** Absent: the client left. */
  readonly failure?: ModelError;
}

interface Told {
  readonly sentBytes: number;
  readonly failure?: ErrorDocument;
}

/** To be called before the connection is closed, which is how the other thread learns of it. */
export const tellCutOff = (socket: PortSocket, { sentBytes, failure }: CutOff): void =>
  socket.tell({ sentBytes, ...(failure && { failure: failure.toJSON() }) } satisfies Told);

/** Call when a request has come. @returns what there is to tell when its answer is cut off */
export function watchCutOff({ socket }: IncomingMessage): () => CutOff {
  const { bytesWritten: before } = socket;
  let cutOff: CutOff | undefined;
  const handed: unknown = socket;
  if (handed instanceof PortSocket)
    handed.on('told', (told: unknown) => {
      if (isTold(told)) cutOff = { sentBytes: told.sentBytes, ...(told.failure && { failure: revived(told.failure) }) };
    });
  return () => cutOff ?? { sentBytes: socket.bytesWritten - before };
}

const isTold = (said: unknown): said is Told => typeof said === 'object' && said !== null && 'sentBytes' in said;
