/**
 * How many jobs of each server a replica runs at once, given how many each may have and how many it runs
 * in all. What a server does not want the others get. Each has at least one and none can take what another
 * is given, so a server that hangs holds up nobody else's accounts. Where there are more servers than jobs,
 * the shares come to more than there may be: `HandPlaces` keeps to that.
 */
export function sharesOf(wanted: ReadonlyMap<string, number>, most: number): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  let left = most;
  let servers = wanted.size;
  // The most modest first: the others share what it leaves.
  for (const [server, wish] of [...wanted].toSorted(([, one], [, other]) => one - other)) {
    const share = Math.max(1, Math.min(wish, Math.floor(left / servers)));
    shares.set(server, share);
    left -= share;
    servers -= 1;
  }
  return shares;
}
