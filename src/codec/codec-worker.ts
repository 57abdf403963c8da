import type { CodecReply, CodecRequest } from './codec-protocol.ts';
import { answerDecode } from './decode-requests.ts';
import { answerVerify } from './verify-requests.ts';
import { serve } from './worker-port.ts';
import { answerWrite } from './write-requests.ts';

/** Entry of the worker thread. */
serve<CodecRequest, CodecReply>(async (asked) => {
  switch (asked.kind) {
    case 'write': {
      const { reply, ...rest } = await answerWrite(asked.request);
      return { reply: { kind: 'write', reply }, ...rest };
    }
    case 'verify': {
      const { reply, ...rest } = await answerVerify(asked.request);
      return { reply: { kind: 'verify', reply }, ...rest };
    }
    case 'decode': {
      const { reply, ...rest } = await answerDecode(asked.request);
      return { reply: { kind: 'decode', reply }, ...rest };
    }
  }
});
