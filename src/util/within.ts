/** What came of a promise by then; one that is not settled goes on, and what becomes of it is no error of the one who waited. */
export type InTime<T> = { readonly inTime: true; readonly value: T } | { readonly inTime: false };

/** @throws what the promise rejects with, in time */
export async function within<T>(ms: number, promise: Promise<T>): Promise<InTime<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<InTime<T>>((resolve) => {
    timer = setTimeout(() => resolve({ inTime: false }), ms);
  });
  try {
    return await Promise.race([promise.then((value): InTime<T> => ({ inTime: true, value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
