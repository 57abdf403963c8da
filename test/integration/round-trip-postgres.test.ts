import { chosen } from './chosen-database.ts';

// The tests are the same; chosen before they are read.
chosen.kind = 'PostgreSQL';
await import('./round-trip.test.ts');
