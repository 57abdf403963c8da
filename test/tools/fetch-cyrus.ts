/** Unpacks Cyrus IMAP for the tests, so that trouble with the network shows before they start. */
import { cyrusPackages } from '../servers/cyrus-packages.ts';

await cyrusPackages();
