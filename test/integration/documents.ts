/** The shapes of `--json` that CONTRACT.md fixes. */
export interface Counted {
  readonly messages: number;
  readonly bytes: number;
}

export interface RunDocument {
  readonly runs: readonly {
    readonly policy: string;
    readonly account: string;
    readonly archived: Counted;
    readonly deleted: Counted;
    readonly skipped: readonly { readonly reason: string; readonly messages: number }[];
    readonly errors: readonly unknown[];
  }[];
}

export interface PlanDocument {
  readonly plans: readonly (Counted & {
    readonly policy: string;
    readonly account: string;
    readonly quotaBefore: unknown;
    readonly quotaAfter: unknown;
    readonly folders: readonly (Counted & {
      readonly path: string;
      readonly oldest: string | null;
      readonly newest: string | null;
    })[];
  })[];
}

export interface QuotaDocument {
  readonly accounts: readonly {
    readonly server: string;
    readonly account: string;
    readonly roots: readonly {
      readonly name: string;
      readonly usedBytes: number | null;
      readonly limitBytes: number | null;
      readonly usedMessages: number | null;
      readonly limitMessages: number | null;
    }[];
    readonly folders: readonly (Counted & { readonly path: string })[];
  }[];
}

export interface ArchivesDocument {
  readonly archives: readonly (Counted & {
    readonly id: string;
    readonly store: string;
    readonly key: string;
    readonly server: string;
    readonly account: string;
    readonly folder: string;
    readonly format: string;
    readonly storedBytes: number;
    readonly created: string;
    readonly verified: string | null;
    readonly state: string;
  })[];
}

export interface SearchDocument {
  readonly messages: readonly {
    readonly id: string;
    readonly archive: string;
    readonly server: string;
    readonly account: string;
    readonly folder: string;
    readonly uid: number;
    readonly date: string | null;
    readonly from: string | null;
    readonly to: string | null;
    readonly subject: string | null;
    readonly bytes: number;
    readonly flags: readonly string[];
  }[];
}
