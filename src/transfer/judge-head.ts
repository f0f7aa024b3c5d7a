/** Whether a range's answer may be used. Pure: every kind of answer in, what it stands for out. */
import { checkResponse } from '../backends/http/check-response.ts';
import { sniffBody } from '../backends/http/sniff-body.ts';
import { isAnswer, statusError } from '../backends/http/status-error.ts';
import { ModelError } from '../domain/errors.ts';
import type { AnswerHead } from './lane-protocol.ts';

export interface AskedExtent {
  /** Redacted name of the source. */
  readonly label: string;
  /** Path at the source. */
  readonly path: string;
  readonly offset: number;
  readonly end: number;
  readonly sizeBytes: number;
  readonly credentialed: boolean;
  readonly signed: boolean;
  readonly nowMs: number;
}

export interface JudgedHead {
  readonly offset: number;
  /** Where the body ends. */
  readonly end: number;
  readonly validator?: string;
}

/** @throws ModelError for an answer that is none, or is of another file */
export function judgeHead(head: AnswerHead, asked: AskedExtent): JudgedHead {
  const accepted = head.kind === 'http' ? judgeHttp(head, asked) : judgeOpened(head, asked);
  const end = accepted.offset === asked.offset ? asked.end : asked.sizeBytes;
  return { offset: accepted.offset, end, ...(accepted.validator !== undefined && { validator: accepted.validator }) };
}

function judgeHttp(
  head: AnswerHead & { readonly kind: 'http' },
  asked: AskedExtent,
): { readonly offset: number; readonly validator?: string } {
  const { label, path, offset, end, sizeBytes } = asked;
  if (!isAnswer(head.status)) throw statusError(head, { ...asked, bodyStart: Buffer.from(head.sample).toString('utf8') });
  const lie = head.status === 200 ? sniffBody(head.sample, { contentType: head.headers['content-type'], path }) : undefined;
  if (lie !== undefined) throw lie;
  const accepted = checkResponse(head, { label, range: { offset, length: end - offset }, expectedBytes: sizeBytes });
  const partLie = accepted.offset === 0 ? sniffBody(head.sample, { contentType: head.headers['content-type'], path }) : undefined;
  if (partLie !== undefined) throw partLie;
  return accepted;
}

function judgeOpened(
  head: AnswerHead & { readonly kind: 'opened' },
  { label, offset, sizeBytes }: AskedExtent,
): { readonly offset: number; readonly validator?: string } {
  if (head.totalBytes !== undefined && head.totalBytes !== sizeBytes) throw wrongTotal(label, sizeBytes, head.totalBytes);
  if (head.offset !== offset && head.offset !== 0)
    throw new ModelError('SOURCE_UNAVAILABLE', `${label} answered from byte ${head.offset} instead of ${offset}`, {
      reason: 'range_wrong',
      retryable: false,
    });
  return head;
}

const wrongTotal = (label: string, expected: number, found: number): ModelError =>
  new ModelError('SIZE_MISMATCH', `${label} has ${found} bytes instead of ${expected}`, {
    reason: 'total_wrong',
    details: { expected_bytes: expected, found_bytes: found },
  });
