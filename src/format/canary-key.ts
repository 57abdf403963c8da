/** Where a store keeps its canaries; each is named by its day. */
export const canaryDirectory = '.mothball/canary/';
