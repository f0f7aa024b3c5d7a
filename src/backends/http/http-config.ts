import type { AddressGuard } from './address-guard.ts';
import type { ProxyConfig } from './proxy-rules.ts';

/** The slice of the configuration that HTTP needs. */
export interface HttpConfig extends ProxyConfig {
  /** PEM files with authorities to trust besides the system's. */
  readonly caFiles?: readonly string[] | undefined;
  /** As `caFiles`, each for one origin only. */
  readonly originCaFiles?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Sent with every request. */
  readonly userAgent?: string | undefined;
  /** W3C trace context, sent with every request. */
  readonly traceparent?: string | undefined;
  /** Default 15 s. */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest wait for an answer's headers, and between two parts of its body. Default 60 s. */
  readonly idleTimeoutMs?: number | undefined;
  /** For URLs that come from a caller: judges every hop. */
  readonly guard?: AddressGuard | undefined;
}
