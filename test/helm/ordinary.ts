const sidecar = { name: 'token-refresh', image: 'registry.example.com/token-refresh:1' };
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const page = {
  config: { http: { page: true, auth: { tokenFile: '/run/secrets/mothball/page/token' } } },
  credentials: { page: { existingSecret: 'page' } },
};

/** What people write into values of other charts, on top of the minimal values; each must render. */
export const ordinary: Readonly<Record<string, object>> = {
  'several servers': {
    config: {
      servers: { corp: { host: 'imap.corp.example', tls: 'starttls', maxConnections: 8 } },
      accounts: [
        { user: 'bob@example.com', server: 'corp', passwordFile: '/run/secrets/mothball/bob/password' },
        {
          users: ['c1@example.net', 'c2@example.net'],
          server: 'main',
          auth: { type: 'master', user: 'adm', passwordFile: '/run/secrets/mothball/hoster/master' },
        },
      ],
    },
    credentials: {
      bob: { existingSecret: 'imap-bob' },
      hoster: { existingSecret: 'imap-hoster', items: [{ key: 'pw', path: 'master' }] },
    },
  },
  'S3 by a role, without the local store': {
    config: { stores: { local: null, cold: { type: 's3', bucket: 'mail-archive', region: 'eu-central-1' } } },
    serviceAccount: { name: 's3', annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/m' } },
    extraEnv: [{ name: 'AWS_REGION', value: 'eu-central-1' }],
    networkPolicy: { enabled: true },
    policies: { 'archive-after-2y': { policies: null } },
  },
  'where pods run': {
    priorityClassName: 'system-cluster-critical',
    runtimeClassName: 'gvisor',
    schedulerName: 'volcano',
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['192.0.2.53'] },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'mail', effect: 'NoSchedule' }],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
    podSpecExtra: { hostUsers: false },
    minReadySeconds: 5,
    updateStrategy: { type: 'OnDelete' },
    lifecycle: { preStop: { exec: { command: ['node', '--version'] } } },
  },
  'a sidecar': { extraContainers: [sidecar] },
  'a sidecar under its other name': { sidecars: [sidecar] },
  'an init container': {
    initContainers: [{ name: 'chown', image: 'busybox', command: ['sh', '-c', 'chown -R 65532 /data'] }],
  },
  'a CA of the company': {
    extraVolumes: [{ name: 'ca', configMap: { name: 'corp-ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ssl/corp', readOnly: true }],
    extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ssl/corp/ca.crt' }],
  },
  'a proxy by the environment': {
    extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.corp:3128' }],
    networkPolicy: { enabled: true },
  },
  'waves of Argo CD': {
    persistence: { annotations: { 'argocd.argoproj.io/sync-wave': '-1' } },
    service: { annotations: { 'argocd.argoproj.io/sync-wave': '1' } },
    commonAnnotations: { 'argocd.argoproj.io/sync-wave': '2' },
  },
  'annotations of the workload': { annotations: { 'reloader.stakater.com/auto': 'true' } },
  'labels that the chart sets too': {
    commonLabels: { team: 'postmasters', 'app.kubernetes.io/part-of': 'mail', 'app.kubernetes.io/name': 'x' },
    podLabels: { 'app.kubernetes.io/component': 'x', 'app.kubernetes.io/version': 'mine' },
    podAnnotations: { 'checksum/restart': 'mine' },
  },
  'another name, watched': {
    nameOverride: 'archiver',
    serviceMonitor: { enabled: true },
    prometheusRule: { enabled: true },
    dashboards: { enabled: true, namespace: 'monitoring' },
  },
  'another namespace': { namespaceOverride: 'archive' },
  'an image by digest': {
    imagePullSecrets: [{ name: 'reg' }],
    image: { repository: 'r.example.com/m', digest },
  },
  'a registry for all charts': { global: { imageRegistry: 'registry.corp', imagePullSecrets: ['regcred'] } },
  'OpenShift by its switch': { openshift: true },
  'OpenShift by nulls': { podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } },
  'IPv6 only': {
    config: { servers: { main: { host: '2001:db8::25', port: 993 } } },
    networkPolicy: { enabled: true },
    proxy: { https: 'http://user:secret@[2001:db8::5]:8080' },
    service: { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] },
  },
  'both families, IPv6 first': {
    service: { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6', 'IPv4'] },
  },
  'a probe of its own': { livenessProbe: { httpGet: { path: '/livez', port: 9310 } } },
  'no probes': { livenessProbe: null, startupProbe: null },
  'a load balancer': {
    service: {
      type: 'LoadBalancer',
      loadBalancerIP: '1.2.3.4',
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      externalTrafficPolicy: 'Local',
      labels: { tier: 'web' },
      nodePort: 30_010,
    },
  },
  'a ServiceMonitor with all that they have': {
    serviceMonitor: {
      enabled: true,
      namespace: 'monitoring',
      annotations: { a: 'b' },
      honorLabels: true,
      sampleLimit: 10_000,
      targetLabels: ['team'],
      jobLabel: 'app.kubernetes.io/instance',
      scheme: 'https',
      tlsConfig: { insecureSkipVerify: true },
      authorization: { credentials: { name: 'metrics', key: 'token' } },
    },
  },
  'a PodMonitor with the same': {
    podMonitor: { enabled: true, namespace: 'monitoring', sampleLimit: 10, podTargetLabels: ['team'] },
    prometheusRule: { enabled: true },
  },
  'rules in their way': {
    prometheusRule: {
      enabled: true,
      namespace: 'monitoring',
      additionalRuleLabels: { team: 'mail' },
      disabled: ['MothballQuotaFillingFast'],
      additionalGroups: [{ name: 'mine', rules: [{ alert: 'Mine', expr: 'vector(1)' }] }],
    },
  },
  'enabled, for a chart around it': { enabled: true },
  'a volume that exists': {
    persistence: { storageClass: '-', volumeName: 'pv-7', selector: { matchLabels: { disk: 'a' } } },
  },
  'a volume from a snapshot': {
    persistence: {
      volumeAttributesClassName: 'gold',
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'before' },
    },
  },
  'no limits': { resources: { limits: null } },
  'secrets from a CSI driver and a projected volume': {
    config: {
      accounts: [
        { user: 'a@example.com', server: 'main', passwordFile: '/run/secrets/mothball/vault/a' },
        { user: 'b@example.com', server: 'main', passwordFile: '/run/secrets/mothball/both/b' },
      ],
    },
    credentials: {
      vault: {
        csi: {
          driver: 'secrets-store.csi.k8s.io',
          volumeAttributes: { secretProviderClass: 'mail' },
        },
      },
      both: { projected: { sources: [{ secret: { name: 'one' } }, { secret: { name: 'two' } }] } },
    },
  },
  maintenance: { mode: 'maintenance' },
  'an Ingress with a path': { ...page, ingress: { enabled: true, hosts: ['m.example.com'], path: '/mail' } },
};
