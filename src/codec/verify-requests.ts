import { VerifyJob } from './verify-job.ts';
import type { VerifyReply, VerifyRequest } from './verify-protocol.ts';
import type { Answered } from './worker-port.ts';

const jobs = new Map<number, VerifyJob>();

/** In the worker: decodes and hashes whole objects. */
export async function answerVerify(request: VerifyRequest): Promise<Answered<VerifyReply>> {
  if (request.op === 'open') {
    jobs.set(request.job, new VerifyJob(request.layout));
    return { reply: { op: 'done' } };
  }
  const job = jobs.get(request.job);
  switch (request.op) {
    case 'piece':
      await job?.push(new Uint8Array(request.slab, 0, request.length));
      return { reply: { op: 'slab', slab: request.slab }, transfer: [request.slab] };
    case 'close':
      jobs.delete(request.job);
      if (job === undefined) throw new TypeError(`no object ${request.job} is being verified`);
      return { reply: { op: 'report', ...(await job.close()) } };
    case 'abort':
      jobs.delete(request.job);
      job?.abandon();
      return { reply: { op: 'done' } };
  }
}
