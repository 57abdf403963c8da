import type { CodecReply, CodecRequest } from './codec-protocol.ts';
import { answerVerify } from './verify-requests.ts';
import { serve } from './worker-port.ts';
import { answerWrite } from './write-requests.ts';

/** Entry of the worker thread. */
serve<CodecRequest, CodecReply>(async (asked) => {
  if (asked.kind === 'write') {
    const { reply, ...rest } = await answerWrite(asked.request);
    return { reply: { kind: 'write', reply }, ...rest };
  }
  const { reply, ...rest } = await answerVerify(asked.request);
  return { reply: { kind: 'verify', reply }, ...rest };
});
