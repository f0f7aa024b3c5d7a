/** How many bytes of an answer went out. Behind a front that one alone knows it, and says so of an answer that was cut off. */
import type { IncomingMessage } from 'node:http';
import { PortSocket } from '../../util/port-socket.ts';

interface CutOff {
  readonly sentBytes: number;
}

/** The client has gone: to be called before the connection is closed, which is how the other thread learns of it. */
export const tellCutOff = (socket: PortSocket, sentBytes: number): void => socket.tell({ sentBytes } satisfies CutOff);

/** Call when a request has come. @returns those that were handed to its client since, heads and all */
export function countSent({ socket }: IncomingMessage): () => number {
  const { bytesWritten: before } = socket;
  let told: number | undefined;
  const handed: unknown = socket;
  if (handed instanceof PortSocket)
    handed.on('told', (said: Partial<CutOff>) => {
      told = said.sentBytes;
    });
  return () => told ?? socket.bytesWritten - before;
}
