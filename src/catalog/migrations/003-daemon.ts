import type { Migration } from './migration.ts';

/** Schedules, samples, the kill switch: what the daemon lives on. */
export const daemon: Migration = {
  number: 3,
  name: 'daemon',
  sql: `
    CREATE TABLE pause (
      only INTEGER PRIMARY KEY CHECK (only = 1),
      since INTEGER NOT NULL,
      who TEXT NOT NULL,
      reason TEXT
    ) STRICT;

    CREATE TABLE schedules (
      name TEXT PRIMARY KEY,
      expression TEXT NOT NULL,
      timezone TEXT NOT NULL,
      since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE done (
      job TEXT PRIMARY KEY,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX runs_account ON runs (server, account, policy, started);

    CREATE TABLE run_lines (
      run TEXT NOT NULL,
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      n INTEGER NOT NULL,
      at INTEGER NOT NULL,
      level TEXT NOT NULL CHECK (level IN ('info', 'warn', 'error')),
      text TEXT NOT NULL,
      PRIMARY KEY (run, server, account, n)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE scans (
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      at INTEGER NOT NULL,
      error TEXT,
      PRIMARY KEY (server, account)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE samples (
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      root TEXT NOT NULL,
      at INTEGER NOT NULL,
      used_bytes INTEGER,
      limit_bytes INTEGER,
      used_messages INTEGER,
      limit_messages INTEGER,
      PRIMARY KEY (server, account, root, at)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE folder_samples (
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      path TEXT NOT NULL,
      at INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      PRIMARY KEY (server, account, path)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE daemons (
      id TEXT PRIMARY KEY,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      started INTEGER NOT NULL,
      seen INTEGER NOT NULL,
      state TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
