import type { Settings } from '../../../config/settings';

/** Which bucket, where, and how to get in. */
export interface S3Options {
  /** Scheme, host and port. */
  readonly endpoint: string;
  /** The same place as devices see it; presigned addresses begin with it. */
  readonly publicEndpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Before every key: empty, or ending with a slash. */
  readonly prefix: string;
  readonly isPathStyle: boolean;
  readonly accessKey: string;
  readonly secretKey: string;
  /** `none`, `sse-s3` or `sse-kms:<key id>`. */
  readonly encryption: string;
  /** PEM of a private certificate authority. */
  readonly ca?: string | undefined;
}

/** Settings that say `s3` have all of these; the settings themselves see to it. */
export function s3OptionsOf(settings: Settings): S3Options {
  const { s3Endpoint, s3Bucket, s3AccessKey, s3SecretKey } = settings;
  if (
    s3Endpoint === undefined ||
    s3Bucket === undefined ||
    s3AccessKey === undefined ||
    s3SecretKey === undefined
  ) {
    throw new Error('the settings of S3 are incomplete');
  }
  return {
    endpoint: s3Endpoint,
    publicEndpoint: settings.s3PublicEndpoint ?? s3Endpoint,
    region: settings.s3Region,
    bucket: s3Bucket,
    prefix: settings.s3Prefix,
    isPathStyle: settings.s3PathStyle,
    accessKey: s3AccessKey,
    secretKey: s3SecretKey,
    encryption: settings.s3Encryption,
    ca: settings.s3Ca,
  };
}
