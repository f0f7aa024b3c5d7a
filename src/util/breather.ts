/**
 * For long work that waits for nothing: asked between its steps, it gives a promise when others in the process should have their turn.
 * @param everyMs how long they may have to wait
 */
export function breather(everyMs = 10): () => Promise<void> | undefined {
  let sinceMs = performance.now();
  return () => {
    if (performance.now() - sinceMs < everyMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        sinceMs = performance.now();
        resolve();
      });
    });
  };
}
