/** Asks a person at a terminal for a yes. */
import { Keyboard } from './keyboard.ts';
import type { Session } from './session.ts';

/** Anything but y or yes is a no. @throws ModelError CANCELLED on Ctrl-C */
export async function confirmed({ io, signal }: Session, question: string): Promise<boolean> {
  const keyboard = new Keyboard(io, signal);
  try {
    const answer = await keyboard.ask(`${question} [y/N]`);
    return /^y(?:es)?$/i.test(answer);
  } finally {
    await keyboard.close();
  }
}
