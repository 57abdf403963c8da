import { catalogContract } from '../../contract/catalog.ts';
import { freshDatabase, openedPostgres } from './database.ts';

catalogContract('PostgreSQL catalog', async (t) => (await openedPostgres(t, await freshDatabase())).catalog);
