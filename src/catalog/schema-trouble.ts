export interface BlameTable {
  folder_id: number;
  uid: number;
  times: number;
  at: number;
}

export interface SuspectTable {
  folder_id: number;
  uid: number;
  times: number;
  since: number;
}

export interface FolderRefusalTable {
  server: string;
  account: string;
  folder: string;
  code: string;
  words: string;
  stage: 'look' | 'fetch';
  /** 1: the server refused it in so many words. */
  refused: number;
  since: number;
  times: number;
  next: number;
}

export interface AccountPauseTable {
  server: string;
  account: string;
  kind: string;
  words: string;
  since: number;
  times: number;
  until: number;
}

export interface AccountTrafficTable {
  server: string;
  account: string;
  /** Hours since 1970. */
  hour: number;
  bytes: number;
  commands: number;
}

export interface NoticeTable {
  id: string;
  server: string;
  account: string;
  policy: string;
  at: number;
  folder: string;
  state: string;
  uid_validity: number | null;
  uid: number | null;
  detail: string | null;
}
