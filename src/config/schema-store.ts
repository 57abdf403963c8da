import { z } from 'zod';
import { duration, seconds } from './schema-common.ts';
import { exactlyOne } from './schema-auth.ts';

const path = z.string().min(1, 'must not be empty').max(4096);
const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

const s3KeysSchema = z
  .strictObject({
    accessKeyIdFile: path.optional(),
    accessKeyIdEnv: envName.optional(),
    secretAccessKeyFile: path.optional(),
    secretAccessKeyEnv: envName.optional(),
    sessionTokenFile: path.optional(),
    sessionTokenEnv: envName.optional(),
  })
  .superRefine(exactlyOne(['accessKeyIdFile', 'accessKeyIdEnv']))
  .superRefine(exactlyOne(['secretAccessKeyFile', 'secretAccessKeyEnv']));

/** Letters that need no encoding in a URL, since signatures and proxies differ on the others. */
const prefix = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9._-]+\/)*(?:[A-Za-z0-9._-]+)?$/,
    'must hold only letters, digits, ".", "_", "-" and "/", and not begin with "/"',
  )
  .max(512);

/** Objects there can't be read back at once, so that no archive could be verified. */
const frozen = ['GLACIER', 'DEEP_ARCHIVE'];

const storageClass = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the name of a storage class, such as STANDARD_IA')
  .refine(
    (name) => !frozen.includes(name),
    'objects of GLACIER and DEEP_ARCHIVE can not be read back at once, so nothing could be verified or deleted; use GLACIER_IR or STANDARD_IA',
  );

const tagText = z
  .string()
  .regex(/^[A-Za-z0-9 +=._:/@-]{0,128}$/, 'must hold only letters, digits and + - = . _ : / @');

/** Texts of any kind: a problem never quotes one, for it may be a secret. */
const encryptionSchema = z
  .strictObject({
    recipients: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('Age recipients (age1…) that can decrypt the archives; any one of them is enough.'),
    recipientsFile: path
      .optional()
      .describe('File with more of them, one per line; # begins a comment. It is not a secret.'),
  })
  .refine(({ recipients, recipientsFile }) => recipients !== undefined || recipientsFile !== undefined, {
    error: 'needs recipients or recipientsFile',
  })
  .describe('Encrypts archives and their manifests with age before they leave this machine.');

const s3Schema = z.strictObject({
  type: z.literal('s3'),
  bucket: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/,
      'must be the name of a bucket: 3 to 63 letters, digits, "." and "-"',
    ),
  prefix: prefix.optional(),
  region: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a region, such as eu-central-1')
    .optional(),
  endpoint: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  insecure: z.boolean().default(false),
  forcePathStyle: z.boolean().optional(),
  caFile: path.optional(),
  credentials: s3KeysSchema.optional(),
  expireCredentials: s3KeysSchema.optional(),
  storageClass: storageClass.optional(),
  sse: z
    .strictObject({ type: z.enum(['AES256', 'aws:kms']), keyId: z.string().min(1).max(2048).optional() })
    .optional(),
  objectLock: z
    .strictObject({
      mode: z.enum(['COMPLIANCE', 'GOVERNANCE']),
      for: duration('Retention of each object.'),
    })
    .optional(),
  tags: z.record(tagText.min(1), tagText).optional(),
  lifecycleChecked: z.boolean().optional(),
  maxAttempts: z.int().min(1).max(100).default(6),
  connectTimeout: seconds('How long a connection may take.').optional(),
  requestTimeout: seconds('How long a connection may be silent.').optional(),
  deadline: seconds('How long one object may take with all its retries.').optional(),
  encryption: encryptionSchema.optional(),
});

export const storeSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('local'),
    path,
    ephemeral: z.boolean().default(false),
    unsyncedNames: z
      .boolean()
      .default(false)
      .describe('Accept a file system that cannot fsync directories, such as SMB.'),
    encryption: encryptionSchema.optional(),
  }),
  s3Schema,
]);

export type StoreInput = z.output<typeof storeSchema>;
export type EncryptionInput = z.output<typeof encryptionSchema>;
export type S3StoreInput = z.output<typeof s3Schema>;
