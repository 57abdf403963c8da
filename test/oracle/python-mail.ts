import { execFileSync } from 'node:child_process';

const script = `
import json, sys
from email import policy, message_from_bytes
out = []
for item in json.load(sys.stdin):
    message = message_from_bytes(bytes.fromhex(item), policy=policy.default)
    out.append({
        'fields': [[name, str(value)] for name, value in message.items()],
        'addresses': [[a.display_name, a.addr_spec] for a in message['from'].addresses],
        'text': message.get_content().replace('\\r\\n', '\\n'),
        'defects': [str(d) for d in message.defects]
            + [str(d) for _, v in message.items() for d in getattr(v, 'defects', [])],
    })
print(json.dumps(out))
`;

export interface PythonMail {
  readonly fields: readonly (readonly [string, string])[];
  /** Of From: display name and address. */
  readonly addresses: readonly (readonly [string, string])[];
  readonly text: string;
  readonly defects: readonly string[];
}

/** Messages as Python's email module reads them. */
export function readMailWithPython(messages: readonly Uint8Array[]): readonly PythonMail[] {
  const input = JSON.stringify(messages.map((message) => Buffer.from(message).toString('hex')));
  return JSON.parse(execFileSync('python3', ['-c', script], { input, maxBuffer: 2 ** 28 }).toString());
}
