import type { DovecotOptions } from './dovecot.ts';

export interface DovecotConfigInput {
  readonly dir: string;
  readonly mailDir: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly uid: number;
  readonly gid: number;
  /** The user and group that run every process; null: root starts it and drops rights. */
  readonly user: string | null;
  readonly group: string | null;
  readonly certFile: string;
  readonly keyFile: string;
  readonly options: DovecotOptions;
}

/** The text of dovecot.conf (Dovecot 2.3). */
export function dovecotConfig(input: DovecotConfigInput): string {
  const { dir, options } = input;
  const user = input.user ?? 'nobody';
  const plugins = [
    'quota',
    ...(options.lazyExpunge === true ? ['lazy_expunge'] : []),
    ...(options.plugins ?? []),
  ];
  const limit = options.quotaBytes === undefined ? 2 * 1024 ** 3 : options.quotaBytes;
  const rules = [...(limit === null ? [] : [`*:bytes=${limit}`]), ...(options.quotaRules ?? [])];
  return `base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <${input.certFile}
ssl_key = <${input.keyFile}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_master_user_separator = *
auth_failure_delay = 0
auth_cache_size = 0
mail_location = maildir:${input.mailDir}/%u
mail_fsync = never
mail_uid = ${input.uid}
mail_gid = ${input.gid}
first_valid_uid = 1
first_valid_gid = 1
default_login_user = ${user}
default_internal_user = ${user}
${input.group === null ? '' : `default_internal_group = ${input.group}`}
default_process_limit = 500
shutdown_clients = yes
mail_plugins = ${plugins.join(' ')}
protocol imap {
  mail_plugins = ${[...plugins, 'imap_quota'].join(' ')}
  mail_max_userip_connections = 0
  ${options.capability === undefined ? '' : `imap_capability = ${options.capability}`}
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
${rules.map((rule, index) => `  quota_rule${index === 0 ? '' : index + 1} = ${rule}`).join('\n')}
  ${options.lazyExpunge === true ? 'lazy_expunge = EXPUNGED' : ''}
}
namespace inbox {
  inbox = yes
  separator = /
${['Drafts', 'Sent', 'Trash', 'Junk'].map(folder).join('\n')}
}
passdb {
  driver = static
  args = password=master
  master = yes
  # Only the user named admin is a master.
  username_filter = admin
}
passdb {
  driver = static
  args = password=secret
}
userdb {
${userdb(input)}
}
service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    port = ${input.port}
  }
  inet_listener imaps {
    port = ${input.tlsPort}
    ssl = yes
  }
}
service imap {
  process_limit = 500
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
${options.extraConfig ?? ''}
`;
}

function userdb({ dir, uid, gid, mailDir, options }: DovecotConfigInput): string {
  const fields = `uid=${uid} gid=${gid} home=${mailDir}/%u`;
  return options.userFields === undefined
    ? `  driver = static\n  args = ${fields}`
    : `  driver = passwd-file\n  args = ${dir}/users\n  default_fields = ${fields}`;
}

function folder(name: string): string {
  return `  mailbox ${name} {\n    special_use = \\${name}\n    auto = create\n  }`;
}
