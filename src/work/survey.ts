import { holdsMail } from '../domain/folder.ts';
import { isConnectionLost } from '../errors.ts';
import type { MailReader, AccountSurvey, SurveyWish } from '../ports/mail.ts';
import type { Connection } from './connection.ts';

/**
 * A survey of the account. A server that ends the connection over it is asked again for each thing by
 * itself, so that what it can't answer costs itself alone (SAFETY I8): sizes are missing then.
 */
export async function surveyOf(connection: Connection<MailReader>, wish: SurveyWish): Promise<AccountSurvey> {
  const session = await connection.session();
  if (connection.together) {
    try {
      return await session.survey(wish);
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      await connection.apart();
    }
  }
  const single = await connection.session();
  const folders = await single.folders();
  const paths = folders.filter(wish.inQuota ?? holdsMail).map(({ path }) => path);
  return { folders, roots: await single.quota(paths), sizes: new Map() };
}
