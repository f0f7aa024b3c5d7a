/** Where the contract is an iterable and there is nothing to iterate over: the failure belongs to its first step. */
export const failingIterable = <T>(error: Error): AsyncIterable<T> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
});
