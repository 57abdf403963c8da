#!/bin/sh
# Fills the mailbox of alice@example.com to about 90 % of its 5 MB, with mail of the last three years;
# bob@example.com gets a little. Run it inside Dovecot's container; DOVEADM may name another doveadm.
set -eu
doveadm=${DOVEADM:-doveadm}

# save USER DAYS-AGO SIZE-IN-KB
save() {
  {
    printf 'From: Ada Byron <ada@example.org>\nTo: %s\nSubject: Report of day %d\n' "$1" "$2"
    printf 'Date: %s\nMessage-ID: <report-%d@example.org>\n\n' "$(date -R -d "$2 days ago")" "$2"
    # Lines of 64 characters, 16 to a kilobyte.
    head -c $(($3 * 768)) /dev/zero | base64 -w 63
  } | $doveadm save -u "$1" -m INBOX
}

for day in $(seq 5 10 1095); do save alice@example.com "$day" 40; done
for day in $(seq 100 100 1000); do save bob@example.com "$day" 4; done
