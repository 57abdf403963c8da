import { row, type Row } from './row.ts';

/** Mail servers, other mail clients, clocks and quotas. */
export const serverRows: readonly Row[] = [
  row(
    21,
    'The connection ends in the middle of a message, once or each time',
    'What was read is discarded. A message at which the connection ended twice is quarantined: it stays, and all other mail goes.',
    [
      ['fault/broken-server', 'the connection breaks in the middle of a message'],
      ['fault/broken-server', 'every message breaks the connection'],
      ['fault/odd-messages', 'the connection ends at each of four messages'],
    ],
  ),
  row(
    22,
    'A message comes shorter than announced',
    'It is read again. Unless two readings in a row are equal it is quarantined.',
    [
      ['fault/broken-server', 'bodies come shorter than RFC822.SIZE said'],
      ['archive/fetch-wrong-answers', 'a body has another length each time it is read'],
    ],
  ),
  row(23, 'FETCH delivers another message than the one asked for', 'It is rejected, and the message stays.', [
    ['archive/fetch-wrong-answers', 'each body comes under a UID that was not asked for'],
  ]),
  row(24, 'The server falls silent', 'Each command has a deadline, and the run reconnects or ends.', [
    ['fault/silence', 'a line that is open but silent from'],
    ['fault/silence', 'a server that never greets ends the run'],
  ]),
  row(
    25,
    'UIDVALIDITY changes between plan and deletion',
    'Everything that waited in this folder is voided.',
    [
      ['purge/recheck-identity', 'a folder created again with the very same mail'],
      ['purge/recover', 'nothing in it is touched, and the intents are void'],
    ],
  ),
  row(
    26,
    'A folder is made again, or two folders swap names',
    'They are not mixed up, and nothing is deleted on the record of the other.',
    [
      ['purge/recheck-identity', 'two folders with one UIDVALIDITY that swapped names'],
      ['purge/recheck-grace', 'a folder that was deleted and created again'],
    ],
  ),
  row(27, 'Another client deletes a message that waits', 'It is recorded as gone; the others are deleted.', [
    ['purge/recheck-grace', 'another client expunges a target'],
  ]),
  row(28, 'Another client has marked other mail as deleted', 'That mail survives, with its mark.', [
    ['purge/recheck-grace', 'another client marks a bystander as deleted'],
  ]),
  row(
    29,
    'A user flags or moves a message during the grace, or between the last check and the deletion',
    'It stays, in mode `expunge` and in mode `trash`; the others go.',
    [
      ['purge/recheck-grace', 'another client moves a target'],
      ['purge/delete-late-changes', 'when a user changes targets'],
      ['purge/delete-late-changes', 'in mode trash, what a user flags, tags or moves'],
      ['fault/life', 'in whatever order mail is archived'],
    ],
  ),
  row(
    30,
    'STORE answers MODIFIED, NO, or OK without acting; EXPUNGE removes nothing',
    'Nothing counts as deleted, and no mark is left.',
    [
      ['fault/broken-server', 'STORE answers MODIFIED for all'],
      ['fault/broken-server', 'STORE answers NO'],
      ['fault/broken-server', 'STORE answers OK but does nothing'],
      ['fault/broken-server', 'EXPUNGE answers an untagged NO'],
    ],
  ),
  row(
    31,
    'The server has no UIDPLUS, or capabilities in lower case',
    'Without UIDPLUS and MOVE mail is archived only. Lower case makes no difference.',
    [
      ['purge/trash-program', 'a server with neither UIDPLUS nor MOVE'],
      ['fault/broken-server', 'capabilities come in lower case'],
    ],
  ),
  row(
    32,
    'Trash is missing or full, or MOVE is refused or returns no COPYUID',
    'Nothing is lost, the deletion stops and says why, and the next run finishes it.',
    [
      ['fault/trash-refused', 'on Cyrus with a Trash over its own quota'],
      ['fault/trash-refused', 'MOVE is refused with OVERQUOTA'],
      ['fault/trash-refused', 'Trash is gone when MOVE comes'],
      ['fault/trash-refused', 'MOVE moves all and answers without COPYUID'],
    ],
  ),
  row(
    33,
    'SEARCH finds nothing, or everything',
    'The policy is evaluated again on each message, and exactly the selected mail goes.',
    [
      ['fault/empty-search', 'finds nothing'],
      ['fault/broken-server', 'SEARCH finds everything'],
    ],
  ),
  row(
    34,
    'The clock is wrong, or a message has a date in the future or before 1980',
    'A clock that was set back, or that is more than 400 days ahead of the newest record, is refused: nothing is archived, deleted or removed. Mail with such a date stays.',
    [
      ['fault/clock', 'a clock ten years behind is refused'],
      ['fault/clock', 'days ahead of the records'],
      ['fault/odd-names-and-dates', 'mail with a received date before 1980 or in the future'],
    ],
  ),
  row(
    35,
    'The quota is not reported, has no limit or several roots, or does not fall after a deletion',
    'What is not known is not acted on. A drain stops when nothing is freed.',
    [
      ['fault/odd-quota', 'has a root without resources'],
      ['fault/odd-quota', 'has a limit beyond 2^53'],
      ['run/run-drain', 'when expunging frees nothing at once'],
    ],
  ),
  row(
    36,
    'Two processes work on one account, two databases on one store, or the first one is stopped',
    'The second one does nothing there and says so.',
    [
      ['fault/paused-holder', 'a holder stopped by SIGSTOP keeps its lock'],
      ['integration/daemon-due', 'of two daemons on one database'],
      ['fault/second-database', 'what writes to the store is refused'],
      ['fault/second-database', 'after a take-over'],
    ],
  ),
  row(37, 'Folder names are chosen to escape or to collide', 'They do neither.', [
    ['fault/hostile-names', 'names chosen to escape or to collide'],
    ['fault/odd-names-and-dates', 'folder names that trap careless programs'],
  ]),
  row(
    38,
    'Odd bytes, empty messages, messages of 200 MiB',
    'They are archived exactly as delivered, in bounded memory.',
    [
      ['fault/odd-bytes', 'NUL, bare LF, bare CR'],
      ['codec/large-message', 'a message of 130 MiB and more'],
    ],
  ),
  row(
    39,
    'The configuration is wrong: an unknown key, an age of zero, a YAML bomb, a secret that everyone can read',
    'Mothball does not start, and names file, line and key, but no values.',
    [
      ['integration/refusals', 'an alias bomb'],
      ['integration/refusals', 'a zero age'],
      ['config/load-problems', 'a world-readable secret names file, line and key'],
    ],
  ),
  row(
    40,
    'STARTTLS is stripped, the server greets with PREAUTH, the certificate is wrong',
    'No login is sent. Passwords appear nowhere.',
    [
      ['imap/connect', 'STARTTLS stripped or refused'],
      ['imap/connect', 'PREAUTH is refused'],
      ['imap/login', 'a certificate that is not trusted'],
      ['integration/secrets', 'a password is found nowhere'],
    ],
  ),
  row(41, 'A hold is added, or the policy is changed or removed, during the grace', 'The mail stays.', [
    ['purge/recheck-grace', 'a hold is added: held mail stays'],
    ['purge/recheck-grace', 'the policy is removed: all stays'],
    ['integration/daemon-reload', 'a hold added in mid-run'],
  ]),
  row(
    42,
    'The store is not mounted, was replaced, is on a volatile disk or under a lifecycle rule that removes archives',
    'The store is disabled.',
    [
      ['fault/store-lost', 'an empty mount point'],
      ['fault/store-lost', 'a store on tmpfs is not deleted against'],
      ['fault/s3-store-off', 'a bucket whose lifecycle rule'],
    ],
  ),
  row(
    43,
    'Folders mirror others, or several policies select the same mail',
    'Mirrors are never touched. Mail goes once each policy that archives it has its own copy.',
    [
      ['fault/mirrors', 'folders that mirror others are neither archived nor purged'],
      ['purge/other-policies', 'mail of two policies that delete stays until both have their copy'],
    ],
  ),
  row(
    44,
    'Gmail: a message has a label that the policy excludes or does not select, or its labels change',
    'It stays as it is. With other labels it is archived again.',
    [
      ['integration/gmail', 'only mail of which every label is selected'],
      ['integration/gmail-changes', 'under other labels than when it was archived'],
      ['integration/gmail-changes', 'between the recheck and MOVE'],
    ],
  ),
  row(
    45,
    'Gmail: a crash between the MOVE to Trash and the removal from it, and whatever changes before the next run',
    'Each message is found by its X-GM-MSGID. Nothing else in Trash is touched.',
    [
      ['fault/gmail-kill', 'on Gmail, a run is finished'],
      ['fault/gmail-recover', 'a hold that was added after a crash'],
      ['fault/gmail-recover', 'UIDs of Trash that were given away since'],
    ],
  ),
  row(
    46,
    'A server says that an account used up what it may',
    'The account is paused for hours, nothing is sent meanwhile, and the run continues afterwards.',
    [
      ['integration/gmail-limits', 'pauses the account for an hour'],
      ['integration/gmail-limits', 'between MOVE and the removal from Trash'],
    ],
  ),
];
