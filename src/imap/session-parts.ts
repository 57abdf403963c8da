import type { ChosenProfile } from '../domain/profiles.ts';
import type { ServerFeatures } from './capabilities.ts';
import type { ConfiguredQuota } from './summed-quota.ts';

/** What is known of the server at the login. */
export interface SessionServer {
  readonly features: ServerFeatures;
  readonly profile: ChosenProfile;
}

export interface SessionOptions {
  /** Called when the session has ended. */
  readonly ended?: () => void;
  /** Null: what the server says is all there is. */
  readonly quota?: ConfiguredQuota | null;
}
