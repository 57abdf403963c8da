import type { ManifestMessage } from '../format/manifest-types.ts';
import type { Answered } from './worker-port.ts';
import { WriteJob } from './write-job.ts';
import type { WriteReply, WriteRequest } from './write-protocol.ts';

const jobs = new Map<number, WriteJob>();

/** In the worker: hashes, encodes, compresses and spools archives. */
export async function answerWrite(request: WriteRequest): Promise<Answered<WriteReply>> {
  if (request.op === 'open') {
    jobs.set(request.job, await WriteJob.open(request.about));
    return { reply: { op: 'done' } };
  }
  if (request.op === 'abort') {
    jobs.get(request.job)?.discard();
    jobs.delete(request.job);
    return { reply: { op: 'done' } };
  }
  const job = jobs.get(request.job);
  if (job === undefined) throw new TypeError(`no archive ${request.job} is being written`);
  return step(job, request);
}

type StepRequest = Exclude<WriteRequest, { readonly op: 'open' | 'abort' }>;

async function step(job: WriteJob, request: StepRequest): Promise<Answered<WriteReply>> {
  switch (request.op) {
    case 'frame': {
      const lines = await job.frame(new Uint8Array(request.slab), request.messages);
      return {
        reply: { op: 'slab', slab: request.slab, lines, text: textOf(lines) },
        transfer: [request.slab],
      };
    }
    case 'begin':
      job.begin(request.message);
      return { reply: { op: 'done' } };
    case 'piece':
      job.piece(new Uint8Array(request.slab, 0, request.length));
      return { reply: { op: 'slab', slab: request.slab, lines: [], text: 0 }, transfer: [request.slab] };
    case 'end': {
      const ended = await job.end(request.keep);
      const text = ended.line === null ? 0 : textOf([ended.line]);
      return { reply: { op: 'ended', ...ended, text } };
    }
    case 'finish': {
      const finished = await job.finish();
      jobs.delete(request.job);
      return { reply: { op: 'finished', ...finished } };
    }
  }
}

function textOf(lines: readonly ManifestMessage[]): number {
  return lines.reduce((sum, line) => sum + JSON.stringify(line).length, 0);
}
