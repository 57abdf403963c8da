export interface RgwPlace {
  readonly dir: string;
  readonly fsid: string;
  /** Ports of the gateway and of the monitor. */
  readonly port: number;
  readonly monPort: number;
  /** More lines of the gateway's section. */
  readonly extra: string;
}

/** The only key that `sse: {type: aws:kms}` can name. */
export const kmsKey = 'testkey-1';

/**
 * ceph.conf of a monitor, an OSD in memory and a gateway, without a manager. Paxos waits for
 * seconds by default, and connections to the monitor would want a key.
 */
export function rgwConfig({ dir, fsid, port, monPort, extra }: RgwPlace): string {
  return `[global]
fsid = ${fsid}
mon_host = [v2:127.0.0.1:${monPort}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_port_min = ${monPort + 1}
ms_bind_port_max = ${monPort + 200}
ms_mon_client_mode = crc
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
keyring = /dev/null
pid_file =
admin_socket =
log_file = ${dir}/$name.log
crash_dir = ${dir}
mon_data = ${dir}/mon
mon_cluster_log_file = ${dir}/cluster.log
mon_data_avail_crit = 0
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_data = ${dir}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
[client]
rgw_frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw_thread_pool_size = 16
rgw_override_bucket_index_max_shards = 1
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = ${kmsKey}=${Buffer.alloc(32, 7).toString('base64')}
rgw_run_sync_thread = false
rgw_lc_debug_interval = 0
${extra}
`;
}
