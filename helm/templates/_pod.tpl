{{- /*
A pod template. Arguments: root (the chart's context), component, args, and daemon (true: probes,
ports), restartPolicy.
*/}}
{{- define "mothball.pod" -}}
{{- $v := .root.Values -}}
metadata:
  {{- if or $v.restartOnChange $v.podAnnotations }}
  annotations:
    {{- if $v.restartOnChange }}
    checksum/config: {{ include "mothball.config" .root | sha256sum }}
    checksum/policies: {{ include "mothball.policies" .root | sha256sum }}
    {{- end }}
    {{- with $v.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  labels:
    {{- include "mothball.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with $v.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "mothball.podSpec" . | nindent 2 }}
{{- end }}

{{- define "mothball.podSpec" -}}
{{- $v := .root.Values -}}
{{- with .restartPolicy }}
restartPolicy: {{ . }}
{{- end }}
serviceAccountName: {{ include "mothball.serviceAccountName" .root }}
automountServiceAccountToken: {{ $v.serviceAccount.automountToken }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $v.terminationGracePeriodSeconds }}
securityContext:
  {{- toYaml $v.podSecurityContext | nindent 2 }}
{{- with $v.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "hostAliases" "dnsConfig" }}
{{- with get $v $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with $v.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
containers:
  - name: mothball
    {{- include "mothball.container" . | nindent 4 }}
volumes:
  {{- include "mothball.volumes" .root | nindent 2 }}
{{- end }}

{{- define "mothball.container" -}}
{{- $v := .root.Values -}}
image: {{ include "mothball.image" .root }}
imagePullPolicy: {{ $v.image.pullPolicy }}
args: {{ toJson .args }}
env:
  - name: MOTHBALL_CONFIG
    value: /etc/mothball/config/mothball.yaml
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
{{- if .daemon }}
ports:
  - name: http
    containerPort: {{ $v.containerPort }}
    protocol: TCP
{{- range $name := list "startupProbe" "livenessProbe" "readinessProbe" }}
{{ $name }}:
  httpGet:
    path: {{ ternary "/readyz" "/livez" (eq $name "readinessProbe") }}
    port: http
  {{- toYaml (get $v $name) | nindent 2 }}
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
  secret:
    secretName: {{ $credential.existingSecret }}
    # Its owner is root, its group fsGroup: Mothball refuses files that everyone can read.
    defaultMode: 0440
    {{- with $credential.items }}
    items:
      {{- toYaml . | nindent 6 }}
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
