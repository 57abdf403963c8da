import type { MakeCatalog } from './catalog.ts';
import { accountPauseContract } from './catalog-account-pauses.ts';
import { planContract } from './catalog-plans.ts';
import { refusalContract } from './catalog-refusals.ts';
import { summaryContract } from './catalog-summaries.ts';
import { textContract } from './catalog-texts.ts';

/** What a catalog keeps besides archives and their lines. */
export function besidesContract(name: string, make: MakeCatalog): void {
  accountPauseContract(name, make);
  planContract(name, make);
  refusalContract(name, make);
  summaryContract(name, make);
  textContract(name, make);
}
