import type { AwsFiles } from '../../config/aws-files.ts';
import type { Secret } from '../../domain/secret.ts';

/** The slice of the configuration that S3 needs. */
export interface S3Config {
  /** The service to speak to; absent: what the profile says, else AWS. */
  readonly endpointUrl?: string | undefined;
  /** Absent: that of the profile, else `us-east-1`; the right one is learnt from the service either way. */
  readonly region?: string | undefined;
  /** Of the shared AWS configuration files; absent: `default`. With one named, keys in the environment do not count. */
  readonly profile?: string | undefined;
  /** Where profiles are looked up; absent: nowhere. */
  readonly files?: AwsFiles | undefined;
  /** Where the bucket's name stands: `auto` is the path at an endpoint of one's own, the host name at AWS. */
  readonly addressing?: 'auto' | 'path' | 'virtual' | undefined;
  /** Says with each request that we pay for it. */
  readonly requesterPays?: boolean | undefined;
  /** Signs nothing: for public buckets. */
  readonly anonymous?: boolean | undefined;
  /** Those of the environment. */
  readonly keys?: StaticKeys | undefined;
  /** Why there are none, where one of the two is set. */
  readonly keysProblem?: string | undefined;
  /** Why the endpoint gets no signature but with `keys` and with what is stored for it; requests without one are asked as anybody. */
  readonly withheld?: string | undefined;
}

export interface StaticKeys {
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
}
