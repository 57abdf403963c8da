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

{{- define "mothball.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{- define "mothball.selectorLabels" -}}
app.kubernetes.io/name: {{ include "mothball.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* Pods of the daemon, of plan jobs and of tests have different labels: the Service selects only the first. */}}
{{- define "mothball.daemonLabels" -}}
{{ include "mothball.selectorLabels" . }}
app.kubernetes.io/component: daemon
{{- end }}

{{- /*
Metadata of an object: root, name, and where they differ: namespace, labels and annotations (dicts of its
own), and bare (a pod: no chart version, whose change would restart it, and no common annotations). Later
ones win, so no key comes twice; what selectors look for wins over all.
*/}}
{{- define "mothball.metadata" -}}
{{- $root := .root }}
{{- $tag := $root.Values.image.tag | default $root.Chart.AppVersion | trunc 63 | toString }}
{{- $standard := dict "app.kubernetes.io/version" $tag "app.kubernetes.io/managed-by" $root.Release.Service }}
{{- if not .bare }}
{{- $chart := printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- $_ := set $standard "helm.sh/chart" $chart }}
{{- end }}
{{- $selected := include "mothball.selectorLabels" $root | fromYaml }}
{{- with .component }}{{ $_ := set $selected "app.kubernetes.io/component" . }}{{ end }}
{{- $labels := mergeOverwrite (dict) $standard $root.Values.commonLabels (.labels | default dict) $selected }}
{{- $annotations := mergeOverwrite (dict) (ternary dict $root.Values.commonAnnotations (.bare | default false)) (.annotations | default dict) }}
{{- with .name }}
name: {{ . }}
namespace: {{ $.namespace | default (include "mothball.namespace" $root) }}
{{- end }}
labels:
  {{- toYaml $labels | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "mothball.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- $registry := .Values.image.registry | default (.Values.global | default dict).imageRegistry }}
{{- with .Values.image }}
{{- with $registry }}{{ . | trimSuffix "/" }}/{{ end }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ $tag }}{{ end }}
{{- end }}
{{- end }}

{{- /* Of the chart and of `global`, by name or as an object. */}}
{{- define "mothball.imagePullSecrets" -}}
{{- $secrets := list }}
{{- range concat .Values.imagePullSecrets ((.Values.global | default dict).imagePullSecrets | default list) }}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) }}
{{- end }}
{{- $secrets | uniq | toJson }}
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
