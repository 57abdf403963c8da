import { join } from 'node:path';
import { catalogContract } from '../contract/catalog.ts';
import { directory, opened } from './directory.ts';

catalogContract('SQLite catalog', async (t) => await opened(t, join(await directory(t), 'mothball.db')));
