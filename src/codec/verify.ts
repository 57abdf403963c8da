import { isError } from '../errors.ts';
import { type Frame, frames, layoutFaults } from '../format/frame-layout.ts';
import type { Manifest, ManifestHead } from '../format/manifest-types.ts';
import type { Packing } from '../format/packing.ts';
import type { ReadObject, VerifyReport } from '../ports/codec.ts';
import { release } from '../format/dead-buffers.ts';
import { checkedLine } from './message-check.ts';
import { Slabs, slabSize } from './slabs.ts';
import type { VerifyLayout, VerifyReply, VerifyRequest } from './verify-protocol.ts';
import type { Link } from './worker-link.ts';

export type VerifyLink = Link<VerifyRequest, VerifyReply>;

/** Bytes of an object on their way to the worker. */
const limit = 2 * slabSize;

let lastJob = 0;

/** What an object is compared with. */
export interface Expected {
  readonly head: Pick<ManifestHead, 'bytes' | 'sha256'>;
  readonly messages: Manifest['messages'];
}

/** Reads an object from its start and has the worker compare every byte with the manifest. */
export async function verifyObject(
  link: VerifyLink,
  { head, messages }: Expected,
  packing: Packing,
  read: ReadObject,
): Promise<VerifyReport> {
  const list = frames(messages, packing);
  const misplaced = layoutFaults(list, head.bytes, packing.format);
  const job = ++lastJob;
  // Offsets that don't fit together point nowhere: only the object as a whole is compared then.
  const layout = misplaced.length > 0 ? null : verifyLayout(list, head.bytes, packing);
  await link.call({ op: 'open', job, layout });
  const faults = [...misplaced];
  try {
    await feed(link, job, read);
  } catch (error) {
    await link.call({ op: 'abort', job });
    if (isError(error, 'verify')) {
      return { messages: 0, faults: [...faults, { index: null, reason: error.message }] };
    }
    throw error;
  }
  const reply = await link.call({ op: 'close', job });
  if (reply.op !== 'report') throw unexpected(reply);
  if (reply.bytes !== head.bytes) {
    faults.push({ index: null, reason: `the object has ${reply.bytes} bytes instead of ${head.bytes}` });
  }
  if (reply.sha256 !== head.sha256)
    faults.push({ index: null, reason: "the object's SHA-256 is not the recorded one" });
  faults.push(...reply.report.faults);
  if (faults.length === 0 && reply.report.messages !== messages.length) {
    faults.push({ index: null, reason: `${reply.report.messages} messages instead of ${messages.length}` });
  }
  return { messages: reply.report.messages, faults };
}

function verifyLayout(list: readonly Frame[], objectLength: number, packing: Packing): VerifyLayout {
  let end = 0;
  const { format } = packing;
  const specs = list.map(({ offset, length, compression, plainLength, first, messages }) => {
    const gap = offset - end;
    end = offset + length;
    const lines = messages.map(checkedLine);
    return { gap, length, plainLength, first, format, compression, lines };
  });
  return { packing, frames: specs, tail: objectLength - end };
}

/** Sends the object slab by slab, a bounded number of them on their way. */
async function feed(link: VerifyLink, job: number, read: ReadObject): Promise<void> {
  const slabs = new Slabs(limit);
  const failures: unknown[] = [];
  const sent: Promise<void>[] = [];
  const send = (slab: ArrayBuffer, length: number): void => {
    const size = slab.byteLength;
    const answered = link.call({ op: 'piece', job, slab, length }, [slab]).then((reply) => {
      if (reply.op !== 'slab') throw unexpected(reply);
      slabs.release(size, reply.slab);
    });
    sent.push(
      answered.catch((error: unknown) => {
        failures.push(error);
        slabs.release(size, null);
      }),
    );
  };
  let slab: ArrayBuffer | null = null;
  let length = 0;
  for await (const piece of read()) {
    for (let at = 0; at < piece.length;) {
      slab ??= await slabs.take(0);
      if (failures.length > 0) throw failures[0];
      const part = piece.subarray(at, at + slabSize - length);
      new Uint8Array(slab).set(part, length);
      length += part.length;
      at += part.length;
      if (length === slabSize) {
        send(slab, length);
        slab = null;
        length = 0;
      }
    }
    release(piece);
  }
  if (slab !== null) send(slab, length);
  await Promise.all(sent);
  if (failures.length > 0) throw failures[0];
}

function unexpected(reply: VerifyReply): TypeError {
  return new TypeError(`the verifying thread answered ${reply.op} out of turn`);
}
