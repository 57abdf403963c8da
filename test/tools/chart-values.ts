import { z } from 'zod';
import { mainSchema } from '../../src/config/schema-main.ts';
import { policyFileSchema } from '../../src/config/schema-policy.ts';
import { accountSchema } from '../../src/config/schema-server.ts';

/** What Kubernetes itself checks: these go into the objects as they are. */
const anyObject = z.record(z.string(), z.unknown());
const anyObjects = z.array(anyObject);
const strings = z.record(z.string(), z.string());
const label = z.string().max(50);
const count = z.int().min(0);
const port = z.int().min(1).max(65_535);
const absolute = z.string().regex(/^\/[^\s:]*[^/\s:]$/);
const quantity = z.string().regex(/^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$/);
const time = z.string().regex(/^([0-9]+(ms|s|m|h|d|w))+$/);
/** Names of files and volumes. */
const dnsName = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/);
const words = z.array(z.string());
const scheme = z.enum(['', 'http', 'https', 'HTTP', 'HTTPS']);
const monitor = z.strictObject({
  enabled: z.boolean(),
  namespace: z.string(),
  labels: strings,
  annotations: strings,
  jobLabel: z.string(),
  interval: time,
  scrapeTimeout: time,
  relabelings: anyObjects,
  metricRelabelings: anyObjects,
  honorLabels: z.boolean(),
  honorTimestamps: z.boolean(),
  podTargetLabels: words,
  sampleLimit: count,
  targetLimit: count,
  labelLimit: count,
  labelNameLengthLimit: count,
  labelValueLengthLimit: count,
  attachMetadata: anyObject,
  scheme,
  tlsConfig: anyObject,
  authorization: anyObject,
  basicAuth: anyObject,
  bearerTokenSecret: anyObject,
  proxyUrl: z.string(),
  params: anyObject,
});
const alert = z.strictObject({
  enabled: z.boolean(),
  for: time,
  keepFiringFor: time,
  severity: z.string().min(1),
  threshold: z.number(),
  labels: strings,
  annotations: strings,
});
const proxyUrl = z.union([z.literal(''), z.string().regex(/^https?:\/\/[^\s/]/)]);
const probe = z.union([z.null(), anyObject]);

/** mothball.yaml as the values give it: what a user must add is missing from the defaults. */
const config = z.strictObject({ ...mainSchema.shape, accounts: z.array(accountSchema) }).partial();

/** The values of the chart; helm/values.schema.json is made from it. */
const values = z.strictObject({
  global: anyObject,
  enabled: z.boolean(),
  mode: z.enum(['daemon', 'cronjob', 'maintenance']),
  replicaCount: z.int().min(0),
  image: z.strictObject({
    registry: z.string(),
    repository: z.string().min(1),
    tag: z.string(),
    digest: z.union([z.literal(''), z.string().regex(/^sha256:[0-9a-f]{64}$/)]),
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
  }),
  imagePullSecrets: z.array(z.union([z.string(), anyObject])),
  nameOverride: label,
  fullnameOverride: label,
  namespaceOverride: z.string().max(63),
  commonLabels: strings,
  commonAnnotations: strings,
  annotations: strings,
  config,
  existingConfigMap: z.string(),
  policies: z.record(dnsName, z.union([z.string(), z.null(), policyFileSchema])),
  existingPoliciesConfigMap: z.string(),
  credentials: z.record(
    dnsName,
    z
      .strictObject({
        existingSecret: z.string().min(1),
        items: anyObjects,
        csi: anyObject,
        projected: anyObject,
      })
      .partial(),
  ),
  restartOnChange: z.boolean(),
  persistence: z.strictObject({
    enabled: z.boolean(),
    mountPath: absolute,
    size: quantity,
    storageClass: z.string(),
    accessModes: z.array(z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany'])).min(1),
    existingClaim: z.string(),
    keep: z.boolean(),
    labels: strings,
    annotations: strings,
    volumeName: z.string(),
    selector: anyObject,
    volumeAttributesClassName: z.string(),
    dataSource: anyObject,
    dataSourceRef: anyObject,
  }),
  spool: z.strictObject({ mountPath: absolute, sizeLimit: quantity }),
  serviceAccount: z.strictObject({
    create: z.boolean(),
    name: z.string(),
    annotations: strings,
    automountToken: z.boolean(),
  }),
  terminationGracePeriodSeconds: z.int().min(1),
  containerPort: port,
  metricsPort: z.union([z.literal(0), port]),
  resources: anyObject,
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  podSecurityContext: anyObject,
  securityContext: anyObject,
  openshift: z.boolean(),
  podAnnotations: strings,
  podLabels: strings,
  nodeSelector: strings,
  tolerations: anyObjects,
  affinity: anyObject,
  topologySpreadConstraints: anyObjects,
  priorityClassName: z.string(),
  hostAliases: anyObjects,
  dnsConfig: anyObject,
  dnsPolicy: z.enum(['', 'ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']),
  runtimeClassName: z.string(),
  schedulerName: z.string(),
  updateStrategy: anyObject,
  minReadySeconds: count,
  lifecycle: anyObject,
  initContainers: anyObjects,
  extraContainers: anyObjects,
  sidecars: anyObjects,
  podSpecExtra: anyObject,
  proxy: z.strictObject({ https: proxyUrl, http: proxyUrl, noProxy: z.string() }),
  extraEnv: anyObjects,
  extraEnvFrom: anyObjects,
  extraVolumes: anyObjects,
  extraVolumeMounts: anyObjects,
  extraObjects: z.array(z.union([z.string(), anyObject])),
  cronjob: z.strictObject({
    schedule: z.string().min(1),
    timeZone: z.string().min(1),
    policies: z.array(z.string()),
    metricsFile: z.union([z.literal(''), absolute]),
    suspend: z.boolean(),
    startingDeadlineSeconds: count,
    activeDeadlineSeconds: z.int().min(1),
    successfulJobsHistoryLimit: count,
    failedJobsHistoryLimit: count,
  }),
  planJob: z.strictObject({
    enabled: z.boolean(),
    args: z.array(z.string()),
    ttlSecondsAfterFinished: count,
    activeDeadlineSeconds: z.int().min(1),
    annotations: strings,
  }),
  service: z.strictObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
    port,
    metricsPort: port,
    annotations: strings,
    labels: strings,
    ipFamilyPolicy: z.enum(['', 'SingleStack', 'PreferDualStack', 'RequireDualStack']),
    ipFamilies: z.array(z.enum(['IPv4', 'IPv6'])).max(2),
    clusterIP: z.string(),
    nodePort: z.union([z.null(), port]),
    loadBalancerIP: z.string(),
    loadBalancerClass: z.string(),
    loadBalancerSourceRanges: words,
    externalTrafficPolicy: z.enum(['', 'Cluster', 'Local']),
  }),
  ingress: z.strictObject({
    enabled: z.boolean(),
    className: z.string(),
    annotations: strings,
    hosts: z.array(z.string().min(1)),
    path: z.string().startsWith('/'),
    pathType: z.enum(['Exact', 'Prefix', 'ImplementationSpecific']),
    tls: anyObjects,
  }),
  httpRoute: z.strictObject({
    enabled: z.boolean(),
    parentRefs: anyObjects,
    hostnames: z.array(z.string().min(1)),
    annotations: strings,
  }),
  networkPolicy: z.strictObject({
    enabled: z.boolean(),
    ingressFrom: anyObjects,
    metricsFrom: anyObjects,
    egressTo: anyObjects,
    extraEgress: anyObjects,
  }),
  serviceMonitor: monitor.extend({ targetLabels: words }).partial(),
  podMonitor: monitor.partial(),
  prometheusRule: z
    .strictObject({
      enabled: z.boolean(),
      namespace: z.string(),
      labels: strings,
      annotations: strings,
      runbookUrl: z.string(),
      disabled: z.union([words, z.record(z.string(), z.boolean())]),
      alerts: z.record(z.string(), alert.partial()),
      additionalRuleLabels: strings,
      additionalRuleAnnotations: strings,
      additionalGroups: anyObjects,
      selector: z.union([z.null(), z.string()]),
    })
    .partial(),
  dashboards: z.strictObject({
    enabled: z.boolean(),
    namespace: z.string(),
    labels: strings,
    annotations: strings,
  }),
});

/** The JSON schema that Helm checks values with. Helm 3 knows draft 7. */
export function chartValuesSchema(): object {
  return z.toJSONSchema(values.partial(), { io: 'input', target: 'draft-7', reused: 'ref' });
}
