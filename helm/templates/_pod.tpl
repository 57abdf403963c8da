{{- /*
A pod template. Arguments: root (the chart's context), component, args, daemon (true: probes, ports,
sidecars), beside (true: on the node of the daemon, which has the volume), restartPolicy.
*/}}
{{- define "mothball.pod" -}}
{{- $v := .root.Values -}}
{{- $restart := dict }}
{{- if not $v.existingConfigMap }}
{{- /* What a daemon can't load again; with restartOnChange, all of it. */}}
{{- $http := $v.config.http | default dict }}
{{- $fixed := dict "database" $v.config.database "listen" $http.listen "metrics" (dig "metrics" "listen" "" $http) }}
{{- $_ := set $restart "checksum/restart" ($fixed | toJson | sha256sum) }}
{{- if $v.restartOnChange }}
{{- $_ := set $restart "checksum/config" (include "mothball.config" .root | sha256sum) }}
{{- end }}
{{- end }}
{{- if $v.restartOnChange }}
{{- $_ := set $restart "checksum/policies" (include "mothball.policies" .root | sha256sum) }}
{{- end }}
metadata:
  {{- $annotations := mergeOverwrite (dict) $restart $v.podAnnotations }}
  {{- include "mothball.metadata" (dict "root" .root "bare" true "component" .component "labels" $v.podLabels "annotations" $annotations) | trim | nindent 2 }}
spec:
  {{- include "mothball.podSpec" . | nindent 2 }}
{{- end }}

{{- define "mothball.podSpec" -}}
{{- $v := .root.Values -}}
{{- $spec := include "mothball.podSpecOfValues" . | fromYaml }}
{{- mergeOverwrite $spec (deepCopy $v.podSpecExtra) | toYaml }}
{{- end }}

{{- define "mothball.podSpecOfValues" -}}
{{- $v := .root.Values -}}
{{- with .restartPolicy }}
restartPolicy: {{ . }}
{{- end }}
serviceAccountName: {{ include "mothball.serviceAccountName" .root }}
automountServiceAccountToken: {{ $v.serviceAccount.automountToken }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $v.terminationGracePeriodSeconds }}
securityContext:
  {{- /* OpenShift gives each namespace its own user and group, and refuses others. */}}
  {{- ternary (omit $v.podSecurityContext "runAsUser" "runAsGroup" "fsGroup") $v.podSecurityContext $v.openshift | toYaml | nindent 2 }}
{{- with include "mothball.imagePullSecrets" .root | fromJsonArray }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "hostAliases" "dnsConfig" }}
{{- with get $v $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- range $key := list "priorityClassName" "dnsPolicy" "runtimeClassName" "schedulerName" }}
{{- with get $v $key }}
{{ $key }}: {{ . }}
{{- end }}
{{- end }}
{{- with include "mothball.affinity" . | fromYaml }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $spread := $v.topologySpreadConstraints }}
{{- if and (not $spread) (gt (int $v.replicaCount) 1) }}
{{- $spread = list (dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway") }}
{{- end }}
{{- with $spread }}
topologySpreadConstraints:
  {{- range . }}
  {{- /* Without a selector it would count no pod. */}}
  {{- $own := dict "labelSelector" (dict "matchLabels" (include "mothball.selectorLabels" $.root | fromYaml)) }}
  - {{- toYaml (merge (deepCopy .) (hasKey . "labelSelector" | ternary dict $own)) | nindent 4 }}
  {{- end }}
{{- end }}
{{- /* The pod of `helm test` has no volume for them to prepare. */}}
{{- if .component }}
{{- with $v.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
containers:
  - name: mothball
    {{- include "mothball.container" . | nindent 4 }}
  {{- if .daemon }}
  {{- with concat $v.extraContainers $v.sidecars }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- end }}
volumes:
  {{- include "mothball.volumes" .root | nindent 2 }}
{{- end }}

{{- /* A volume that only one node can mount takes this pod to where it is mounted. */}}
{{- define "mothball.affinity" -}}
{{- $affinity := deepCopy .root.Values.affinity }}
{{- if .beside }}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (include "mothball.daemonLabels" .root | fromYaml)) }}
{{- $pods := $affinity.podAffinity | default dict }}
{{- $required := append ($pods.requiredDuringSchedulingIgnoredDuringExecution | default list) $term }}
{{- $_ := set $affinity "podAffinity" (mergeOverwrite $pods (dict "requiredDuringSchedulingIgnoredDuringExecution" $required)) }}
{{- end }}
{{- toYaml $affinity }}
{{- end }}

{{- define "mothball.container" -}}
{{- $v := .root.Values -}}
image: {{ include "mothball.image" .root }}
imagePullPolicy: {{ $v.image.pullPolicy }}
{{- with .command }}
command: {{ toJson . }}
{{- end }}
{{- with .args }}
args: {{ toJson . }}
{{- end }}
env:
  - name: MOTHBALL_CONFIG
    value: /etc/mothball/config/mothball.yaml
  {{- range $name, $key := dict "HTTP_PROXY" "http" "HTTPS_PROXY" "https" "NO_PROXY" "noProxy" }}
  {{- with get $v.proxy $key }}
  - name: {{ $name }}
    value: {{ . | quote }}
  {{- end }}
  {{- end }}
  {{- with $v.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $v.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml $v.securityContext | nindent 2 }}
resources:
  {{- toYaml $v.resources | nindent 2 }}
{{- if and .daemon (eq $v.mode "daemon") }}
{{- with $v.lifecycle }}
lifecycle:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  {{- range include "mothball.ports" .root | fromYamlArray }}
  - name: {{ .name }}
    containerPort: {{ .port }}
    protocol: TCP
  {{- end }}
{{- range $name := list "startupProbe" "livenessProbe" "readinessProbe" }}
{{- with get $v $name }}
{{ $name }}:
  {{- if not (or .httpGet .tcpSocket .exec .grpc) }}
  httpGet:
    path: {{ ternary "/readyz" "/livez" (eq $name "readinessProbe") }}
    port: {{ include "mothball.metricsPort" $.root }}
    {{- if include "mothball.metricsTls" $.root }}
    scheme: HTTPS
    {{- end }}
  {{- end }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
volumeMounts:
  - name: config
    mountPath: /etc/mothball/config
    readOnly: true
  {{- if include "mothball.hasPolicies" .root }}
  - name: policies
    mountPath: /etc/mothball/policies
    readOnly: true
  {{- end }}
  {{- range $name, $credential := $v.credentials }}
  - name: credentials-{{ $name }}
    mountPath: {{ include "mothball.secretsPath" $ }}/{{ $name }}
    readOnly: true
  {{- end }}
  - name: data
    mountPath: {{ $v.persistence.mountPath }}
  - name: spool
    mountPath: {{ $v.spool.mountPath }}
  - name: tmp
    mountPath: /tmp
  {{- with $v.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "mothball.volumes" -}}
{{- $v := .Values -}}
- name: config
  configMap:
    name: {{ include "mothball.configMapName" . }}
{{- if include "mothball.hasPolicies" . }}
- name: policies
  configMap:
    name: {{ include "mothball.policiesConfigMapName" . }}
{{- end }}
{{- range $name, $credential := $v.credentials }}
- name: credentials-{{ $name }}
  {{- if $credential.csi }}
  csi:
    {{- toYaml (merge (dict "readOnly" true) $credential.csi) | nindent 4 }}
  {{- else if $credential.projected }}
  projected:
    {{- toYaml (merge (deepCopy $credential.projected) (dict "defaultMode" 288)) | nindent 4 }}
  {{- else }}
  secret:
    secretName: {{ $credential.existingSecret }}
    # Its owner is root, its group fsGroup: Mothball refuses files that everyone can read.
    defaultMode: 0440
    {{- with $credential.items }}
    items:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- end }}
{{- end }}
- name: data
  {{- if $v.persistence.enabled }}
  persistentVolumeClaim:
    claimName: {{ include "mothball.claimName" . }}
  {{- else }}
  emptyDir: {}
  {{- end }}
- name: spool
  emptyDir:
    sizeLimit: {{ $v.spool.sizeLimit }}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- with $v.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
