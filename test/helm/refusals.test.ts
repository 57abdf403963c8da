import assert from 'node:assert/strict';
import test from 'node:test';
import { chart, helm, renderValues, valuesOf } from './helm.ts';

/** Values added to those of a feature, and what the refusal must say. */
const refusals: Readonly<Record<string, readonly [string, readonly string[], RegExp]>> = {
  'an unknown key': ['minimal', ['replicas=2'], /additional properties 'replicas' not allowed/],
  'an unknown key deep down': ['minimal', ['persistence.sise=1Gi'], /persistence.*'sise' not allowed/],
  'an unknown key of mothball.yaml': [
    'minimal',
    ['config.acounts=x'],
    /at '\/config'.*'acounts' not allowed/,
  ],
  'an unknown key of a policy': [
    'minimal',
    ['policies.archive-after-2y.policies[0].mod=plan'],
    /archive-after-2y\/policies\/0'.*'mod' not allowed/,
  ],
  'a password in the values': ['minimal', ['config.accounts[0].password=x'], /'password' not allowed/],
  'a wrong type': ['minimal', ['replicaCount=many'], /replicaCount.*got string, want integer/],
  'a wrong word': ['minimal', ['mode=weekly'], /mode.*must be one of 'daemon', 'cronjob'/],
  'a size without sense': ['minimal', ['persistence.size=much'], /persistence\/size.*does not match pattern/],
  'two replicas on SQLite': ['minimal', ['replicaCount=2'], /replicaCount: 2 needs a PostgreSQL database/],
  'two replicas on one volume': [
    'minimal',
    ['replicaCount=2', 'config.database=postgres://moth@db/mothball'],
    /replicaCount: 2: replicas can not share one volume; set persistence.enabled=false and use S3 stores/,
  ],
  'two replicas with a local store': [
    'no-persistence',
    ['replicaCount=2', 'config.database=postgres://moth@db/mothball'],
    /replicaCount: 2: store local is local, which each replica would have for itself/,
  ],
  'a claim that is not used': [
    'no-persistence',
    ['persistence.existingClaim=mail'],
    /existingClaim is set, but persistence\.enabled is false/,
  ],
  'a credential that is not declared': [
    'minimal',
    ['config.accounts[0].passwordFile=/run/secrets/mothball/post/alice'],
    /config names a file in \/run\/secrets\/mothball\/post, but there is no credentials\.post/,
  ],
  'a database off the volume': [
    'minimal',
    ['config.database=sqlite:/var/lib/mothball.db'],
    /config\.database is sqlite:\/var\/lib\/mothball\.db, which is not below persistence\.mountPath/,
  ],
  'an archive off the volume': [
    'minimal',
    ['config.stores.local.path=/archive'],
    /config\.stores\.local\.path is \/archive, which is not below persistence\.mountPath/,
  ],
  'a port that differs': [
    'minimal',
    ['containerPort=8080'],
    /config\.http\.listen is \[::\]:9310, but containerPort is 8080/,
  ],
  'a daemon on loopback': [
    'minimal',
    ['config.http.metrics.listen=127.0.0.1:9311'],
    /neither probes nor Prometheus reach it: write \[::\]:9311/,
  ],
  'a daemon on loopback that has one listener': [
    'minimal',
    ['config.http.metrics=null', 'config.http.listen=127.0.0.1:9310'],
    /neither probes nor Prometheus reach it: write \[::\]:9310/,
  ],
  'a metrics port that differs': [
    'minimal',
    ['metricsPort=8080'],
    /config\.http\.metrics\.listen is \[::\]:9311, but metricsPort is 8080/,
  ],
  'an Ingress that would publish the metrics': [
    'ingress',
    ['config.http.metrics=null'],
    /ingress\.enabled: without config\.http\.metrics\.listen, it would publish \/metrics/,
  ],
  'no listener': ['minimal', ['config.http=null'], /config\.http\.listen is missing/],
  'an Ingress to no page': [
    'minimal',
    ['ingress.enabled=true'],
    /ingress\.enabled: config\.http\.page is false/,
  ],
  'a route to no page': [
    'minimal',
    ['httpRoute.enabled=true'],
    /httpRoute\.enabled: config\.http\.page is false/,
  ],
  'a ServiceMonitor of a CronJob': [
    'cronjob',
    ['serviceMonitor.enabled=true'],
    /serviceMonitor\.enabled needs mode: daemon/,
  ],
  'two monitors': [
    'monitoring',
    ['podMonitor.enabled=true'],
    /serviceMonitor and podMonitor are both enabled/,
  ],
  'alerts of a CronJob without metrics': [
    'cronjob',
    ['cronjob.metricsFile=', 'prometheusRule.enabled=true'],
    /prometheusRule\.enabled needs cronjob\.metricsFile/,
  ],
  'a change of an alert that is not there': [
    'monitoring',
    ['prometheusRule.alerts.MothballQuotaCritcal.severity=page'],
    /there is no alert MothballQuotaCritcal; the alerts are MothballDown, /,
  ],
  'an alert left out that is not there': [
    'monitoring',
    ['prometheusRule.disabled={MothballUp}'],
    /there is no alert MothballUp/,
  ],
  'a threshold where there is none': [
    'monitoring',
    ['prometheusRule.alerts.MothballDown.threshold=1'],
    /MothballDown has no threshold; those with one are MothballAccountsUnreadable, /,
  ],
  'a policy to a store that is not there': [
    'minimal',
    ['config.stores.local=null'],
    /policy archive-after-2y archives to local, but there is no config\.stores\.local; the stores are none/,
  ],
  'an account on a server that is not there': [
    'minimal',
    ['config.accounts[0].server=mian'],
    /config\.accounts\[0\]\.server is mian, but there is no config\.servers\.mian; the servers are main/,
  ],
  'a spool larger than its volume': [
    'minimal',
    ['config.spool.maxBytes=20GiB'],
    /spool\.sizeLimit is 5Gi, but config\.spool\.maxBytes is 20GiB/,
  ],
  'a volume smaller than the default spool': [
    'minimal',
    ['spool.sizeLimit=4Gi'],
    /spool\.sizeLimit is 4Gi, but config\.spool\.maxBytes is 4GiB \(the default\)/,
  ],
  'a spool on the root that is read-only': [
    'minimal',
    ['config.spool.path=/var/spool'],
    /config\.spool\.path is \/var\/spool, where nothing is mounted/,
  ],
  'less time than the daemon needs to stop': [
    'minimal',
    ['config.daemon.grace=5min'],
    /terminationGracePeriodSeconds is 40, but config\.daemon\.grace is 5min/,
  ],
  'a credential from two places': [
    'minimal',
    ['credentials.mail.csi.driver=secrets-store.csi.k8s.io'],
    /credentials\.mail needs one of existingSecret, csi and projected, not 2/,
  ],
  'a plan job without a way to the volume': [
    'persistence',
    ['planJob.enabled=true'],
    /planJob\.enabled: the volume is ReadWriteOncePod/,
  ],
};

for (const [what, [feature, changes, message]] of Object.entries(refusals)) {
  test(`${what} is refused, and the message says why`, async () => {
    const sets = changes.flatMap((change) => ['--set', change]);
    const { code, stdout, stderr } = await helm([
      'template',
      'mothball',
      chart,
      ...valuesOf(feature),
      ...sets,
    ]);
    assert.equal(code, 1, stdout.slice(0, 500));
    assert.match(stderr, message);
  });
}

const page = {
  config: { http: { page: true, auth: { tokenFile: '/run/secrets/mothball/page/token' } } },
  credentials: { page: { existingSecret: 'page' } },
};

test('what the API server would refuse is refused first', async () => {
  await assert.rejects(renderValues({ ...page, ingress: { enabled: true } }), /ingress\.hosts is empty/);
  await assert.rejects(renderValues({ ...page, httpRoute: { enabled: true } }), /parentRefs is empty/);
  await assert.rejects(
    renderValues({ credentials: { more: {} } }),
    /credentials\.more needs one of .* not 0/,
  );
});
