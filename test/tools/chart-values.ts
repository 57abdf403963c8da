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
const time = z.string().regex(/^([0-9]+(ms|s|m|h))+$/);
/** Names of files and volumes. */
const dnsName = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/);
const monitor = z.strictObject({
  enabled: z.boolean(),
  labels: strings,
  interval: time,
  scrapeTimeout: time,
  relabelings: anyObjects,
  metricRelabelings: anyObjects,
});

/** mothball.yaml as the values give it: what a user must add is missing from the defaults. */
const config = mainSchema.extend({ accounts: z.array(accountSchema) }).partial();

/** The values of the chart; helm/values.schema.json is made from it. */
const values = z.strictObject({
  global: anyObject,
  mode: z.enum(['daemon', 'cronjob']),
  replicaCount: z.int().min(0),
  image: z.strictObject({
    repository: z.string().min(1),
    tag: z.string(),
    digest: z.union([z.literal(''), z.string().regex(/^sha256:[0-9a-f]{64}$/)]),
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
  }),
  imagePullSecrets: anyObjects,
  nameOverride: label,
  fullnameOverride: label,
  commonLabels: strings,
  config,
  existingConfigMap: z.string(),
  policies: z.record(dnsName, z.union([z.string(), z.null(), policyFileSchema])),
  existingPoliciesConfigMap: z.string(),
  credentials: z.record(
    dnsName,
    z.strictObject({ existingSecret: z.string().min(1), items: anyObjects.optional() }),
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
    annotations: strings,
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
  resources: anyObject,
  startupProbe: anyObject,
  livenessProbe: anyObject,
  readinessProbe: anyObject,
  podSecurityContext: anyObject,
  securityContext: anyObject,
  podAnnotations: strings,
  podLabels: strings,
  nodeSelector: strings,
  tolerations: anyObjects,
  affinity: anyObject,
  topologySpreadConstraints: anyObjects,
  priorityClassName: z.string(),
  hostAliases: anyObjects,
  dnsConfig: anyObject,
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
    successfulJobsHistoryLimit: count,
    failedJobsHistoryLimit: count,
  }),
  planJob: z.strictObject({
    enabled: z.boolean(),
    args: z.array(z.string()),
    ttlSecondsAfterFinished: count,
  }),
  service: z.strictObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
    port,
    annotations: strings,
  }),
  ingress: z.strictObject({
    enabled: z.boolean(),
    className: z.string(),
    annotations: strings,
    hosts: z.array(z.string().min(1)),
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
    egressTo: anyObjects,
    extraEgress: anyObjects,
  }),
  serviceMonitor: monitor,
  podMonitor: monitor,
  prometheusRule: z.strictObject({ enabled: z.boolean(), labels: strings, runbookUrl: z.string() }),
  dashboards: z.strictObject({ enabled: z.boolean(), labels: strings, annotations: strings }),
});

/** The JSON schema that Helm checks values with. Helm 3 knows draft 7. */
export function chartValuesSchema(): object {
  return z.toJSONSchema(values.partial(), { io: 'input', target: 'draft-7', reused: 'ref' });
}
