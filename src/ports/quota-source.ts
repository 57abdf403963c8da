import type { QuotaRoot } from '../domain/quota.ts';

/** Where a mail server reports the quotas of its accounts without a login to each. */
export interface QuotaSource {
  /** One request for all of them, by the names that the server knows its users by. @throws {MothballError} it could not be read */
  quotas(signal: AbortSignal): Promise<ReadonlyMap<string, readonly QuotaRoot[]>>;
}
