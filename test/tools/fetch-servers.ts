/** Unpacks Cyrus, Courier and shells for the tests, so that trouble with the network shows before they start. */
import { courierPackages } from '../servers/courier-packages.ts';
import { cyrusPackages } from '../servers/cyrus-packages.ts';
import { shellPackages } from '../servers/shell-packages.ts';

await cyrusPackages();
await courierPackages();
await shellPackages();
