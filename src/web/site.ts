import type { Config } from '../config/config.ts';
import type { Codec } from '../ports/codec.ts';
import type { Store } from '../ports/store.ts';
import type { Overview } from '../status.ts';
import type { AccessSettings } from './access.ts';

/** What the page and the API show, from one loaded configuration. Everything is read, nothing changed. */
export interface WebSite extends Overview {
  readonly config: Overview['config'] & {
    readonly holds: Config['holds'];
    readonly servers: ReadonlyMap<string, unknown>;
    readonly http: AccessSettings | null;
  };
  readonly codec: Codec;
  /** A store by name, for reading only. */
  readonly stores: ReadonlyMap<string, Store>;
}

export const closed: AccessSettings = { page: false, token: null, mail: false, mailToken: null };
