/** One of n equal parts of many things, told by their digests: the same part on every day and every machine. Pure. */
export interface Subset {
  /** From 1. */
  readonly part: number;
  readonly of: number;
}

const MAX_PARTS = 10_000;
/** 48 bits: exact as a number, and far more than there are parts. */
const DIGITS = 12;

/** `2/7`; undefined for anything else. */
export function parseSubset(text: string): Subset | undefined {
  const [, first = '', second = ''] = /^(\d{1,5})\/(\d{1,5})$/.exec(text.trim()) ?? [];
  const [part, of] = [Number(first), Number(second)];
  return part >= 1 && part <= of && of <= MAX_PARTS ? { part, of } : undefined;
}

export const isInSubset = ({ part, of }: Subset, digest: string): boolean => Number.parseInt(digest.slice(0, DIGITS), 16) % of === part - 1;

export const formatSubset = ({ part, of }: Subset): string => `${part}/${of}`;
