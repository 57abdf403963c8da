{{- define "mothball.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "mothball.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- $name := include "mothball.name" . }}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "mothball.selectorLabels" -}}
app.kubernetes.io/name: {{ include "mothball.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mothball.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "mothball.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Pods of the daemon, of plan jobs and of tests have different labels: the Service selects only the first. */}}
{{- define "mothball.daemonLabels" -}}
{{ include "mothball.selectorLabels" . }}
app.kubernetes.io/component: daemon
{{- end }}

{{- define "mothball.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ $tag }}{{ end }}
{{- end }}
{{- end }}

{{- define "mothball.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "mothball.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "mothball.configMapName" -}}
{{- .Values.existingConfigMap | default (printf "%s-config" (include "mothball.fullname" .)) }}
{{- end }}

{{- define "mothball.policiesConfigMapName" -}}
{{- .Values.existingPoliciesConfigMap | default (printf "%s-policies" (include "mothball.fullname" .)) }}
{{- end }}

{{- define "mothball.claimName" -}}
{{- .Values.persistence.existingClaim | default (include "mothball.fullname" .) }}
{{- end }}
