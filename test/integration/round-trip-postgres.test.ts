import './on-postgres.ts';
import './round-trip.test.ts';
