import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 60_000;

/** Waits until `url` answers 200. @param hasEnded whether the program that is to answer has ended: then nobody will */
export async function answering(url: string, hasEnded: () => boolean): Promise<void> {
  for (const until = Date.now() + START_MS; Date.now() < until && !hasEnded(); await sleep(50)) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) return;
  }
  throw new Error(`nobody answers at ${url}`);
}
