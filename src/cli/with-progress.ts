/** A verb's work with its progress on the screen, for as long as it takes. */
import type { EventSink } from '../domain/events.ts';
import { startProgress } from './progress/start-progress.ts';
import type { Session } from './session.ts';

export async function withProgress<T>(session: Session, act: (onEvent: EventSink) => Promise<T>): Promise<T> {
  const progress = await startProgress(session);
  try {
    return await act(progress.sink);
  } finally {
    await progress.stop();
  }
}
