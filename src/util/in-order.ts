/** Runs `work` over the items, at most `atOnce` at a time, and gives the results in the items' order, as soon as each one's turn comes. */
export async function* inOrder<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const started = work(item);
      // It is told of when its turn comes.
      started.catch(() => undefined);
      running.push(started);
      if (running.length >= atOnce) yield (await running.shift()) as R;
    }
    while (running.length > 0) yield (await running.shift()) as R;
  } finally {
    await Promise.allSettled(running);
  }
}
