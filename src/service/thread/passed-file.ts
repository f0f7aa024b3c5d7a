/**
 * A file as the body of an answer, sent by the main thread: the thread of the service opens it, proves it and writes the head, and no byte of it
 * crosses threads. The handle itself is passed on, so at each moment it has one owner, who closes it: the number of a descriptor that two knew
 * could be closed twice, and be another file's by then. On its way to a thread that is gone, Node closes it.
 */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { AtMost } from '../../util/at-most.ts';
import { type ByteSpan, closed, fileStream, type OpenedAt } from '../../util/file-stream.ts';
import type { PortSocket } from '../../util/port-socket.ts';
import { within } from '../../util/within.ts';

export interface PassedFile extends OpenedAt, ByteSpan {}

export interface PassedTo {
  /** That the request came by. */
  readonly socket: PortSocket;
  readonly response: ServerResponse;
}

const SENT = 'sent';
/** Of the four threads that the process's calls go through: where they hang, others are left for whatever else there is to answer. */
const calls = new AtMost(2);
/** A call that takes longer is not waited for at the end. */
const CLOSE_MS = 2000;

/** The body as this thread has it, without a byte; it ends when the other thread has sent them all. */
export function passOn(file: PassedFile, { socket, response }: PassedTo): Readable {
  let isPassed = false;
  const body = new Readable({
    read() {
      if (isPassed) return;
      isPassed = true;
      socket.tell(file, [file.handle]);
      response.flushHeaders();
    },
  });
  socket.on('told', (said: unknown) => said === SENT && body.push(null));
  return body.once('close', () => void closed(file));
}

/** @param onFile is told of a file, before the head of the answer that it is the body of; it breaks off with the connection */
export function takePassed(socket: PortSocket, onFile: (bytes: Readable) => void): void {
  socket.once('told', (file: PassedFile) => {
    const bytes = fileStream(file, file, calls.run);
    socket.once('close', () => bytes.destroy());
    if (socket.destroyed) bytes.destroy();
    onFile(bytes);
  });
}

export const tellSent = (socket: PortSocket): void => socket.tell(SENT);

/** To be called when no answer is under way any more. @returns false where a file hangs: then a process that ends by itself waits for it */
export const areClosed = async (): Promise<boolean> => (await within(CLOSE_MS, calls.idle())).inTime;
