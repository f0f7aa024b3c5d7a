import { join } from 'node:path';
import type { Environment } from './process-environment.ts';

/** The shared configuration files of the AWS tools, whether or not they exist. */
export interface AwsFiles {
  readonly config: string;
  readonly credentials: string;
}

/** Where every AWS tool looks. @param env without `.env`, which the AWS SDK does not read either */
export const awsFiles = (env: Environment, homeDir: string): AwsFiles => ({
  config: env.AWS_CONFIG_FILE || join(homeDir, '.aws', 'config'),
  credentials: env.AWS_SHARED_CREDENTIALS_FILE || join(homeDir, '.aws', 'credentials'),
});
