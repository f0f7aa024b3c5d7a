/** The part of a way that a display shows. It never goes down: where the total grows, what is left of the bar is shared among what is left then. Pure. */

export interface Bytes {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface Way {
  /** 0 to 1. */
  readonly fraction: number;
  /** Where it was when the total changed last. */
  readonly from: { readonly fraction: number; readonly doneBytes: number };
}

export const NO_WAY: Way = { fraction: 0, from: { fraction: 0, doneBytes: 0 } };

/** @param now no fewer bytes done than `before` */
export function wayAfter(way: Way, before: Bytes, now: Bytes): Way {
  const from = now.totalBytes === before.totalBytes ? way.from : { fraction: way.fraction, doneBytes: before.doneBytes };
  const left = now.totalBytes - from.doneBytes;
  const fraction = left === 0 ? from.fraction : from.fraction + ((1 - from.fraction) * (now.doneBytes - from.doneBytes)) / left;
  return { fraction, from };
}
