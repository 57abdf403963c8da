/** Unpacks Cyrus and Courier for the tests, so that trouble with the network shows before they start. */
import { courierPackages } from '../servers/courier-packages.ts';
import { cyrusPackages } from '../servers/cyrus-packages.ts';

await cyrusPackages();
await courierPackages();
