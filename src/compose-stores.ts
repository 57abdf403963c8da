import type { Config, S3KeysConfig, StoreConfig } from './config/config.ts';
import { longestRetain } from './domain/retention.ts';
import type { Encryption, Keys } from './ports/encryption.ts';
import type { RemovableStore, Store } from './ports/store.ts';
import { localStore } from './store/local.ts';

/** Every store twice: as the daemon uses it, and with the credentials that may remove. */
export async function openStores(
  config: Config,
  signal: AbortSignal,
  opened: AsyncDisposableStack,
  watch?: { store(store: RemovableStore): RemovableStore },
) {
  const { policies, holds } = config;
  const stores = new Map<string, Store>();
  const removable = new Map<string, RemovableStore>();
  const open = async (settings: StoreConfig, keys: S3KeysConfig | null): Promise<RemovableStore> => {
    const store = await adapter(settings, keys);
    return watch?.store(store) ?? store;
  };
  const adapter = async (settings: StoreConfig, keys: S3KeysConfig | null): Promise<RemovableStore> => {
    if (settings.type === 'local') return localStore(settings);
    // The AWS SDK costs memory and start-up time: only where a store needs it.
    const { s3Store } = await import('./store/s3/store.ts');
    const keepFor = longestRetain(policies, holds, settings.name);
    const credentials = keys ?? settings.credentials;
    return opened.use(s3Store({ ...settings, credentials, keepFor }, signal));
  };
  for (const settings of config.stores.values()) {
    const store = await open(settings, null);
    stores.set(store.name, store);
    const own = settings.type === 's3' ? settings.expireCredentials : null;
    removable.set(store.name, own === null ? store : await open(settings, own));
  }
  return { stores, removable };
}

/** What encrypts, by store, and what decrypts. The library is loaded only where something is encrypted. */
export async function openKeys({ stores }: Config, identity: string | null): Promise<Keys> {
  const encryptions = new Map<string, Encryption>();
  for (const { name, encryption } of stores.values()) {
    if (encryption === null) continue;
    const { ageEncryption } = await import('./age/encryption.ts');
    encryptions.set(name, ageEncryption(encryption.recipients));
  }
  if (identity === null) return { encryptions, decryption: null };
  const { ageDecryption } = await import('./age/decryption.ts');
  return { encryptions, decryption: await ageDecryption(identity) };
}
