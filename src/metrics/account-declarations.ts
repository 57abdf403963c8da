import type { Declaration } from './declarations.ts';

/**
 * The series of single accounts and folders. They do not go through the registry: there may be
 * hundreds of thousands of them, and they are streamed.
 */
export const accountDeclarations = {
  account_quota_used_bytes: {
    type: 'gauge',
    help: 'Bytes used of a quota root at the last scan.',
    labels: ['server', 'account', 'root'],
  },
  account_quota_limit_bytes: {
    type: 'gauge',
    help: 'Bytes that a quota root allows. Missing where it is unlimited.',
    labels: ['server', 'account', 'root'],
  },
  account_quota_messages_used: {
    type: 'gauge',
    help: 'Messages counted by a quota root at the last scan.',
    labels: ['server', 'account', 'root'],
  },
  account_quota_messages_limit: {
    type: 'gauge',
    help: 'Messages that a quota root allows. Missing where they are unlimited.',
    labels: ['server', 'account', 'root'],
  },
  account_full_timestamp_seconds: {
    type: 'gauge',
    help: 'When the account will be full at the current rate. Missing without a forecast.',
    labels: ['server', 'account'],
  },
  folder_size_bytes: {
    type: 'gauge',
    help: 'Bytes in a folder, if metrics.folders is on.',
    labels: ['server', 'account', 'folder'],
  },
  folder_messages: {
    type: 'gauge',
    help: 'Messages in a folder, if metrics.folders is on.',
    labels: ['server', 'account', 'folder'],
  },
} as const satisfies Readonly<Record<string, Declaration>>;

export type AccountMetricName = keyof typeof accountDeclarations;
