import { execFileSync } from 'node:child_process';

const script = String.raw`
import json, mailbox, os, sys
from email.message import EmailMessage
kind, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
def message(n):
    m = EmailMessage()
    m['From'] = 'Ada <ada@example.org>'
    m['Subject'] = f'python {n}'
    m['Message-ID'] = f'<{kind}-{n}@python.example>'
    m.set_content(f'Body {n}\n\nFrom the start it was clear.\n\nFrom a@b Thu Jan  1 00:00:00 1970\n\nend\n')
    return m
if kind == 'mbox':
    box = mailbox.mbox(path)
    for n in range(count):
        m = mailbox.mboxMessage(message(n))
        m.set_from('ada@example.org', (2015, 3, 1 + n % 28, 10, 20, 30, 0, 0, 0))
        m.set_flags('RO' if n % 2 else 'F')
        box.add(m)
    box.flush()
else:
    box = mailbox.Maildir(path)
    for n in range(count):
        where = box if n % 3 else (box.get_folder('Sub.Deep') if 'Sub.Deep' in box.list_folders() else box.add_folder('Sub.Deep'))
        m = mailbox.MaildirMessage(message(n))
        m.set_subdir('cur')
        m.set_flags('S' if n % 2 else 'FR')
        m.set_date(1400000000 + n)
        where.add(m)
`;

/** A mailbox as Python's mailbox module writes it: `python 0` … with dates and flags by their number. */
export function writeWithPython(kind: 'mbox' | 'maildir', path: string, count: number): void {
  execFileSync('python3', ['-c', script, kind, path, String(count)]);
}

const reader = String.raw`
import hashlib, json, mailbox, os, sys
kind, path = sys.argv[1], sys.argv[2]
rows = []
if kind == 'mbox':
    box = mailbox.mbox(path, create=False)
    for key in box.iterkeys():
        message = box.get_message(key)
        rows.append({'subject': str(message['subject']), 'flags': '', 'date': message.get_from(), 'sha256': hashlib.sha256(box.get_bytes(key)).hexdigest()})
else:
    box = mailbox.Maildir(path, create=False)
    for key in box.iterkeys():
        message = box.get_message(key)
        data = open(os.path.join(path, box._lookup(key)), 'rb').read()
        rows.append({'subject': str(message['subject']), 'flags': message.get_flags(), 'date': str(int(message.get_date())), 'sha256': hashlib.sha256(data).hexdigest()})
print(json.dumps(rows))
`;

export interface PythonMessage {
  readonly subject: string;
  /** Maildir letters. */
  readonly flags: string;
  /** The From_ line after `From `, or seconds since 1970. */
  readonly date: string;
  readonly sha256: string;
}

/** What Python's mailbox module finds in an mbox file or a Maildir. */
export function listWithPython(kind: 'mbox' | 'maildir', path: string): readonly PythonMessage[] {
  const printed = execFileSync('python3', ['-c', reader, kind, path], { maxBuffer: 2 ** 28 }).toString();
  const rows: readonly PythonMessage[] = JSON.parse(printed);
  return rows;
}
