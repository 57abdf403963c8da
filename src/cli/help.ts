import { exit } from './exit-code.ts';

/** What `--help` shows under each command: what a person would type, and why. */
const examples: Readonly<Record<string, readonly (readonly [line: string, why: string])[]>> = {
  init: [
    ['mothball init mail', 'asks for the server, the user and the password, and tries the login'],
    [
      'mothball init mail --host imap.example.com --user alice@example.com --password-file -',
      'from a script',
    ],
  ],
  validate: [['mothball validate --stores', 'also tests every store']],
  accounts: [['mothball accounts --test --account "*@example.com"', 'log in to the accounts of one domain']],
  quota: [
    ['mothball quota', 'all accounts, the fullest first'],
    ['mothball quota --over 80%', 'only those that are nearly full'],
    ['mothball quota --by domain', 'one line for each domain'],
    ['mothball quota --csv > quota.csv', 'every account, for a spreadsheet'],
  ],
  plan: [
    ['mothball plan', 'what all policies would do now'],
    [
      'mothball plan archive-after-2y --account alice@example.com --messages',
      'every message, with its reason',
    ],
    ['mothball plan --compare before.yaml', 'what an edit of the policies changes'],
  ],
  run: [
    ['mothball run --dry-run', 'look first'],
    ['mothball run archive-after-2y --yes', 'one policy, without the question'],
  ],
  status: [['mothball status --watch', 'again every 5 seconds']],
  report: [
    ['mothball report --since 7d', 'the last week'],
    ['mothball report --send', 'tries the settings of reports in mothball.yaml'],
  ],
  runs: [
    ['mothball runs --failed', 'what went wrong lately'],
    ['mothball runs --account alice@example.com', 'each run of one account, with its ID'],
  ],
  log: [['mothball log 1b4e28ba', 'what one run did and logged']],
  audit: [['mothball audit --since 2026-01-01 --account alice@example.com', 'who read or moved her mail']],
  search: [
    ['mothball search from:ada before:2024 invoice', 'all of it must match'],
    ['mothball search subject:"annual report" larger:5MB -draft', 'without a word'],
    ['mothball search', 'everything, the newest first'],
  ],
  show: [
    ['mothball show 0123456789ab/17', 'the ID is from `mothball search`'],
    ['mothball show 0123456789ab/17 > message.eml', 'byte for byte'],
  ],
  export: [['mothball export --search "from:ada" --format eml --to-dir ./mail', '']],
  restore: [
    ['mothball restore 0123456789ab/17', 'one message, to where it came from'],
    ['mothball restore --search "from:ada" --to alice@example.com:Restored', 'into a folder of its own'],
  ],
  import: [['mothball import ./old.mbox --account alice@example.com --folder Old --dry-run', '']],
  verify: [['mothball verify --sample 5%', '']],
  expire: [['mothball expire --dry-run', '']],
  pause: [['mothball pause --reason "why are there so few messages?"', '']],
  schema: [['mothball schema config > mothball.schema.json', 'for the editor']],
  completion: [['source <(mothball completion bash)', '']],
};

const codes: readonly (readonly [number | string, string])[] = [
  [exit.ok, 'ok'],
  [exit.failure, 'failure'],
  [exit.usage, 'usage or configuration'],
  [exit.partial, 'a part failed'],
  [exit.verification, 'verification failed'],
  [exit.limit, 'a safety limit stopped it'],
  [exit.locked, 'locked by another process'],
  [exit.pending, '`plan --exit-code` found something to do'],
  ['130/143', 'stopped by a signal'],
];

const search = `A query is made of words and of fields; a message must match all of it:
  from: to: subject: folder: id:   a part of the field; "two words" in quotation marks
  body: attachment:                the text; names of attachments
  has:attachment                   with one; these three where a policy has index: { text: true }
  since: before:                   a day, month or year: 2024-01-31, 2024-01, 2024
  date:                            on that day, in that month or year
  larger: smaller:                 a size: 5MB, 100KiB
  -word, -from:ada, -folder:Sent   without it
  ada OR bob                       one of both
`;

/** The end of a command's help: its examples. */
export function helpAfter(command: string): string {
  const lines = (examples[command] ?? []).map(
    ([line, why]) => `  $ ${line}${why === '' ? '' : `\n      ${why}`}`,
  );
  const more = command === 'search' ? `\n${search}` : '';
  return lines.length === 0 ? more : `${more}\nExamples:\n${lines.join('\n')}`;
}

/** The end of `mothball --help`. */
export function helpOfAll(): string {
  const list = codes.map(([code, meaning]) => `  ${String(code).padEnd(8)} ${meaning}`);
  return `
Examples:
  $ mothball quota --over 80%
  $ mothball plan
  $ mothball run
  $ mothball status --watch
  $ mothball search from:ada before:2024

Exit codes:
${list.join('\n')}

\`mothball COMMAND --help\` has examples; docs/commands.md describes everything.`;
}
