/** A real S3 server for tests, filled by the AWS SDK's own client. Which ones there are: embedded.ts and minio.ts. */
import { randomBytes } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

export interface S3ServerFacts {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
}

export class S3Server {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly client: S3Client;
  readonly #stop: () => Promise<void>;

  constructor(facts: S3ServerFacts) {
    const { endpoint, region, accessKeyId, secretAccessKey } = facts;
    this.endpoint = endpoint;
    this.region = region;
    this.accessKeyId = accessKeyId;
    this.secretAccessKey = secretAccessKey;
    this.#stop = () => facts.stop();
    this.client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  }

  /** @returns the name of a bucket that nobody else uses */
  async createBucket({ versioned = false }: { readonly versioned?: boolean } = {}): Promise<string> {
    const Bucket = `models-${randomBytes(6).toString('hex')}`;
    await this.client.send(new CreateBucketCommand({ Bucket }));
    if (versioned) await this.client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    return Bucket;
  }

  /** @returns the version's id, in a bucket that has versions */
  async put(
    bucket: string,
    key: string,
    body: Uint8Array | string,
    more: Partial<PutObjectCommandInput> = {},
  ): Promise<string | undefined> {
    const { VersionId } = await this.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body), ...more }));
    return VersionId;
  }

  /** As big files come: in parts, each with a sha256 of its own. */
  async putInParts(bucket: string, key: string, parts: readonly Uint8Array[]): Promise<void> {
    const target = { Bucket: bucket, Key: key };
    const { UploadId } = await this.client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' }));
    const Parts = [];
    for (const [at, Body] of parts.entries()) {
      const part = { ...target, UploadId, PartNumber: at + 1, Body, ChecksumAlgorithm: 'SHA256' } as const;
      const { ETag, ChecksumSHA256 } = await this.client.send(new UploadPartCommand(part));
      Parts.push({ PartNumber: at + 1, ETag, ChecksumSHA256 });
    }
    await this.client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
  }

  /** A URL that anybody may read, for so long. */
  presign(bucket: string, key: string, { seconds, signedAt }: { readonly seconds: number; readonly signedAt?: Date }): Promise<string> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    return getSignedUrl(this.client, command, { expiresIn: seconds, ...(signedAt !== undefined && { signingDate: signedAt }) });
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.#stop();
  }
}
