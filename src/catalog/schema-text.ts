/** FTS5, contentless: folded text goes in, row numbers come out. */
export interface LineTextTable {
  rowid: number;
  sender: string;
  recipients: string;
  subject: string;
}

/** What is written in a message, where a policy asks for an index of it. `n` is that of its line. */
export interface TextTable {
  n: number;
  /** How many attachments it has. */
  attached: number;
  /** Folded words with a blank between them. */
  attachments: string;
  body: string;
}

/** FTS5, contentless; `rowid` is that of the line. */
export interface TextIndexTable {
  rowid: number;
  body: string;
  attachments: string;
}
