import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { type AccountRef, sameAccount } from '../../domain/account.ts';
import { shortId } from '../../domain/brands.ts';
import { countOf } from '../../domain/count.ts';
import { MothballError } from '../../errors.ts';
import { findWanted, type Wanted } from '../../read/wanted.ts';
import { HttpFault } from '../fault.ts';
import { FormKeys } from '../form-keys.ts';
import { html, type Html } from '../html.ts';
import { requireOwnPage } from '../own-page.ts';
import type { WebParts } from '../parts.ts';
import { given, readQuery, word } from '../query.ts';
import type { RestoreJob, RestoreJobs } from '../../ports/restore-jobs.ts';
import type { WebSource } from '../source.ts';
import { accountLink } from './figures.ts';
import type { WebPage } from './layout.ts';
import { textField } from './paging.ts';
import { jobFacts, refreshNote, refreshOf } from './restore-job.ts';

/** Bytes of a form: a folder's name takes up to nine for each character. */
const maxFormBytes = 16_384;

const formSchema = z.strictObject({
  id: word.min(6),
  key: word,
  server: given(word),
  account: given(word),
  folder: given(word),
});

type Send = (reply: FastifyReply, page: WebPage) => Promise<FastifyReply>;

/** `/restore`: the only pages that change anything outside of the audit. Behind the restore token. */
export async function restoreRoutes(
  server: FastifyInstance,
  { source, access }: WebParts,
  send: Send,
): Promise<void> {
  const keys = new FormKeys(() => source().clock.now().getTime());
  server.addHook('onRequest', access.restore);
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: maxFormBytes },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  server.get('/restore', async ({ query }, reply) => {
    const { id } = readQuery(z.strictObject({ id: word.min(6) }), query);
    return send(reply, await formPage(source(), id, keys.make(id)));
  });
  server.post('/restore', { bodyLimit: maxFormBytes }, async (request, reply) => {
    requireOwnPage(request);
    const { id, key, server: name, account, folder } = readQuery(formSchema, request.body);
    if (!keys.take(key, id))
      throw new HttpFault(403, 'the form was sent before, or is too old; open it again');
    const target = targetOf(source(), name, account);
    await wantedOf(source(), id);
    const who = `restore token from ${request.ip}`;
    const job = jobsOf(source()).start({
      ids: [id],
      owner: null,
      account: target,
      folder: folder ?? null,
      who,
    });
    return reply.redirect(`/restore/${job}`, 303);
  });
  server.get('/restore/:job', async ({ params }, reply) => {
    const { job } = readQuery(z.object({ job: z.string() }), params);
    const found = jobsOf(source()).job(job);
    if (found === null) throw new HttpFault(404, 'there is no such restore, or it was long ago');
    return send(reply, jobPage(found));
  });
}

function jobsOf({ restores }: WebSource): RestoreJobs {
  if (restores === undefined) throw new HttpFault(403, 'nothing is restored from here');
  return restores;
}

/** Null: where the mail came from. @throws HttpFault for an account that is not configured. */
function targetOf(
  { config }: WebSource,
  server: string | undefined,
  account: string | undefined,
): AccountRef | null {
  if (account === undefined && server === undefined) return null;
  const found = config.accounts.filter(
    (one) => one.account === account && (server === undefined || one.server === server),
  );
  const [first, second] = found;
  if (first === undefined) throw new HttpFault(400, 'the account to restore to is not in the configuration');
  if (second !== undefined) throw new HttpFault(400, 'the account is on several servers: name one of them');
  return { server: first.server, account: first.account };
}

/** @throws `missing`, also for an ID that names several archives. */
async function wantedOf({ catalog }: WebSource, id: string): Promise<Wanted> {
  const [wanted, another] = await findWanted(catalog, { ids: [id], query: null }, null);
  if (wanted === undefined || another !== undefined || wanted.lines.length === 0)
    throw new MothballError({ fact: `there is no archive or message ${id}` }, { code: 'missing' });
  return wanted;
}

async function formPage(source: WebSource, id: string, key: string): Promise<WebPage> {
  const { record, lines } = await wantedOf(source, id);
  const known = source.config.accounts.some((one) => sameAccount(one, record));
  const body = html`
    <p>
      ${countOf(lines.length, 'message')} of archive
      <a href="/archives/${record.id}"><code>${shortId(record.id)}</code></a
      >, from folder ${record.folder} of ${accountLink(record)} on ${record.server}. A message that is already
      there is not added again.
    </p>
    ${!known && html`<p class="note">This account is no longer configured: name another one.</p>`}
    <form method="post" action="/restore">
      <input type="hidden" name="id" value="${id}" /><input type="hidden" name="key" value="${key}" />
      ${textField('folder', 'Folder (empty: where it came from)', undefined)}
      ${textField('account', 'Account (empty: where it came from)', undefined)}
      ${textField('server', 'Its server, if it is on several', undefined)}
      <button>Restore</button>
    </form>
    <p class="note">
      Every restore is recorded in the audit. It ends without effect if a run is using the account, or if
      Mothball is paused.
    </p>
  `;
  return { title: 'Restore', section: '/archives', body };
}

function jobPage(job: RestoreJob): WebPage {
  const { wish, lines } = job;
  const body: Html = html`
    <dl class="facts">
      ${jobFacts(job)}
      <dt>To</dt>
      <dd>
        ${wish.folder === null ? 'the folder it came from' : html`folder ${wish.folder}`}
        ${
          wish.account === null
            ? wish.folder !== null && 'of the account it came from'
            : html`of ${accountLink(wish.account)} on ${wish.account.server}`
        }
      </dd>
    </dl>
    ${
      lines.length > 0 &&
      html`<ul>
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ul>`
    }
    ${refreshNote(job)}
  `;
  return { title: 'Restore', section: '/archives', body, refresh: refreshOf(job) };
}
