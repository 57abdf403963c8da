import { chosen } from './chosen-database.ts';

chosen.kind = 'PostgreSQL';
