/** Work of this thread that takes long, in turns: others have theirs in between. Call what it returns after each piece, and wait for it. */
export function turns(now: () => number, everyMs = 8): () => Promise<void> {
  let endMs = now() + everyMs;
  return async () => {
    if (now() < endMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    endMs = now() + everyMs;
  };
}
