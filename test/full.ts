/** `FULL=1`: the long form of a test (`npm run test:long`); `npm test` runs the short one. */
export const inFull = process.env['FULL'] === '1';
