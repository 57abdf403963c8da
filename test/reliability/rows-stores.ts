import { row, type Row } from './row.ts';

/** Crashes, disks, the database and S3. */
export const storeRows: readonly Row[] = [
  row(
    1,
    'The process is killed before or after any durable record, and the run that finishes its work is killed too',
    'The next run finishes. The result is the same as that of an uninterrupted run: nothing lost, nothing archived twice.',
    [
      ['fault/kill', 'killed at any fail point, a run that ends in'],
      ['fault/kill-encrypted', 'killed at any fail point between spool and verification'],
      ['fault/kill-pairs', 'killed twice'],
      ['fault/import-kill', 'killed at any fail point, an import'],
      ['fault/expire-kill', 'killed at any step, an expire'],
    ],
  ),
  row(
    2,
    'The process is killed while it writes to the spool',
    'The spool is emptied, and the same messages are fetched again.',
    [
      ['fault/kill', 'killed at any fail point, a run that ends in'],
      ['run/spool-left', 'a dead process left in the spool'],
    ],
  ),
  row(
    3,
    'The process is killed after the object was stored and before its manifest; meanwhile more mail became old, and the year changed',
    'The object is compared and adopted. There is one object, in the year of its batch; the other mail goes into an archive of its own.',
    [
      ['fault/resumed-later', 'object that a crash left without its manifest is adopted in the next year'],
      ['fault/adopted-formats', 'leaves an object that the next run adopts'],
      ['archive/another-manifest', 'describes another object is not adopted'],
    ],
  ),
  row(
    4,
    'The process or the connection ends between STORE and EXPUNGE',
    'The marks are removed, and the mail is checked again before anything is deleted.',
    [
      ['fault/broken-server', 'the connection breaks between STORE and EXPUNGE'],
      ['purge/recover', 'what is gone was deleted, and gets its receipt'],
    ],
  ),
  row(
    5,
    'The connection ends after EXPUNGE was sent',
    'Messages that are gone from the same folder count as deleted.',
    [['fault/broken-server', 'the connection breaks right after EXPUNGE was sent']],
  ),
  row(
    6,
    'SIGTERM or SIGINT',
    'Work stops at a safe point within the grace period; the next start finishes it.',
    [
      ['run/run-signal', 'a signal ends a run at a safe point'],
      ['integration/daemon-stop', 'a signal in mid-work drains the daemon'],
    ],
  ),
  row(
    7,
    'The disk of the spool, the archive or the database is full',
    'Nothing is deleted. The error says what to do, and the next run finishes once there is space.',
    [
      ['fault/disk-full', 'spool fills up while mail is fetched'],
      ['fault/disk-full', 'database can not record the intent'],
      ['fault/store-lost', 'when the disk of the archive is full'],
    ],
  ),
  row(
    8,
    'fsync fails, or the power goes before it',
    'A file whose fsync failed is written again on a new inode; after a second failure the archive is given up. What the catalog calls verified is on the disk after a power loss.',
    [
      ['fault/disk-errors', 'when fsync of an archive fails once'],
      ['fault/disk-errors', 'fsync of an archive fails on two inodes'],
      ['fault/power-loss', 'when the power goes before any one fsync'],
      ['fault/power-loss', 'when a run dies before any one fsync'],
    ],
  ),
  row(
    9,
    'The disk cannot read an archive',
    'The archive is not verified, and its mail stays until it can be read.',
    [['fault/disk-errors', 'when a due archive can not be read']],
  ),
  row(
    10,
    'The database is damaged or lost, and somebody may have changed archives in the store',
    'Nothing is deleted until `reindex` has rebuilt the catalog from the store. Then the whole message on the server is read and compared before a deletion, so that a forged archive lets no mail leave.',
    [
      ['fault/forged-archive', 'a forged archive that reindex found lets no mail leave'],
      ['fault/store-lost', 'with its database damaged'],
      ['integration/round-trip', 'without its database Mothball refuses to delete'],
    ],
  ),
  row(
    11,
    'S3 answers 500 or 503 SlowDown',
    'The request is repeated a few times. If that does not help, the mail stays.',
    [
      ['fault/s3-upload', '503 SlowDown'],
      ['fault/s3-upload', '503 for every object'],
    ],
  ),
  row(
    12,
    'S3 falls silent in the middle of an upload',
    'The upload is repeated, and no incomplete upload is left.',
    [['fault/s3-upload', 'silence in the middle of the body']],
  ),
  row(13, 'S3 answers 200 with an error in the body', 'It counts as a failure.', [
    ['fault/s3-upload', '200 with an error in it'],
  ]),
  row(
    14,
    'S3 stored the object, and its answer was lost',
    'The object is compared and adopted, and stored once.',
    [['fault/s3-upload', 'an object whose reply was lost for good is adopted']],
  ),
  row(
    15,
    'An archive is altered or cut, also at a frame border',
    'It is found when the archive is read back or before its mail is deleted. The archive is quarantined, and the mail stays and is archived again.',
    [
      ['purge/purge-damaged', 'cut at a frame border'],
      ['fault/s3-read-back', 'with one byte flipped'],
      ['fault/encrypted-damage', 'of an encrypted'],
      ['archive/another-manifest', 'than was written is a fault'],
    ],
  ),
  row(
    16,
    'S3 stores the framing of an upload as its content',
    'The canary shows it, and the store is disabled.',
    [['fault/s3-store-off', 'stores the framing of uploads']],
  ),
  row(
    17,
    'S3 ignores If-None-Match',
    'The canary shows it, and each archive gets a name that no other has. Nothing is overwritten.',
    [['fault/s3-names', 'where If-None-Match is ignored']],
  ),
  row(
    18,
    'An object is missing after it was stored, for a moment or for good',
    'The store is asked again a few times. If the object stays missing, its mail stays too and is archived again.',
    [
      ['fault/s3-read-back', 'is not there for a moment'],
      ['fault/s3-read-back', 'as not there'],
      ['fault/s3-read-back', 'without its manifest'],
    ],
  ),
  row(
    19,
    'An archive is altered or removed during the grace',
    'Its mail stays, and is archived again before it is deleted.',
    [
      ['purge/purge-damaged', 'during the grace stays, and is archived again'],
      ['fault/s3-grace', 'altered, with the same length'],
      ['fault/s3-grace', 'robbed of its manifest'],
    ],
  ),
  row(20, 'Reading from the bucket is not allowed', 'Mail is archived, and not deleted.', [
    ['fault/s3-read-back', 'where reading is not allowed'],
  ]),
];
