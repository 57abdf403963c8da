{{- define "mothball.secretsPath" -}}/run/secrets/mothball{{- end }}
{{- define "mothball.policiesGlob" -}}/etc/mothball/policies/*.yaml{{- end }}

{{- /* "true" when there are policy files to mount. */}}
{{- define "mothball.hasPolicies" -}}
{{- if or .Values.existingPoliciesConfigMap (include "mothball.policies" . | fromJson) }}true{{ end }}
{{- end }}

{{- /* `policies` as JSON, without names that were set to null. */}}
{{- define "mothball.policies" -}}
{{- $files := dict }}
{{- range $name, $file := .Values.policies }}
{{- if $file }}{{ $_ := set $files $name $file }}{{ end }}
{{- end }}
{{- toJson $files }}
{{- end }}

{{- /* The text of mothball.yaml. A glob that no file can match is left out: Mothball refuses it. */}}
{{- define "mothball.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if not (include "mothball.hasPolicies" .) }}
{{- $_ := set $config "policies" (without ($config.policies | default list) (include "mothball.policiesGlob" .)) }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{- /* A policy file of `policies`: text stays as it is. */}}
{{- define "mothball.policyFile" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ toYaml . }}{{ end }}
{{- end }}

{{- /* sqlite, postgres, or unknown when the configuration is not ours to read. */}}
{{- define "mothball.database" -}}
{{- if .Values.existingConfigMap }}unknown
{{- else if kindIs "map" .Values.config.database }}postgres
{{- else if hasPrefix "postgres" (.Values.config.database | default "") }}postgres
{{- else }}sqlite{{ end }}
{{- end }}

{{- /* Ports that the daemon listens on: the page and the API, and metrics and probes where they have their own. */}}
{{- define "mothball.ports" -}}
- { name: http, port: {{ .Values.containerPort }} }
{{- if eq (include "mothball.metricsPort" .) "metrics" }}
- { name: metrics, port: {{ .Values.metricsPort }} }
{{- end }}
{{- end }}

{{- /* The name of the port with metrics and probes. A configuration of your own says it by metricsPort: 0 or not. */}}
{{- define "mothball.metricsPort" -}}
{{- if .Values.existingConfigMap }}{{ ternary "metrics" "http" (gt (int .Values.metricsPort) 0) }}
{{- else }}{{ ternary "metrics" "http" (ne "" (dig "metrics" "listen" "" (.Values.config.http | default dict))) }}{{ end }}
{{- end }}

{{- /* "true" when that port speaks TLS. */}}
{{- define "mothball.metricsTls" -}}
{{- $http := .Values.config.http | default dict }}
{{- if not .Values.existingConfigMap }}
{{- if dig "metrics" "listen" "" $http }}{{ if dig "metrics" "tls" "" $http }}true{{ end }}
{{- else if $http.tls }}true{{ end }}
{{- end }}
{{- end }}

{{- /* Proxies of `proxy` and of extraEnv, as a JSON list of URLs. */}}
{{- define "mothball.proxies" -}}
{{- $urls := list .Values.proxy.http .Values.proxy.https }}
{{- range .Values.extraEnv }}
{{- if regexMatch "^(?i)https?_proxy$" .name }}{{ $urls = append $urls (.value | default "") }}{{ end }}
{{- end }}
{{- without ($urls | uniq) "" | toJson }}
{{- end }}

{{- /* Ports that Mothball connects to, as a JSON list of numbers: IMAP and S3 servers. */}}
{{- define "mothball.remotePorts" -}}
{{- $ports := list }}
{{- if .Values.existingConfigMap }}
{{- $ports = list 143 443 993 }}
{{- else }}
{{- range .Values.config.servers }}
{{- $ports = append $ports (int (.port | default (ternary 993 143 (eq (.tls | default "implicit") "implicit")))) }}
{{- end }}
{{- range .Values.config.stores }}
{{- if and . (eq .type "s3") }}
{{- $named := regexFind ":[0-9]+" (regexReplaceAll "^[a-z]+://\\[[^]]*\\]" (.endpoint | default "") "") | trimPrefix ":" }}
{{- $ports = append $ports (int ($named | default (ternary 80 443 (hasPrefix "http://" (.endpoint | default ""))))) }}
{{- end }}
{{- end }}
{{- if eq (include "mothball.database" .) "postgres" }}
{{- $url := .Values.config.database }}
{{- if kindIs "map" $url }}{{ $url = $url.url | default "" }}{{ end }}
{{- $ports = append $ports (int (regexFind ":[0-9]+/" $url | trimPrefix ":" | trimSuffix "/" | default "5432")) }}
{{- end }}
{{- with .Values.config.reports }}
{{- with .mail }}
{{- $ports = append $ports (int (.port | default (get (dict "starttls" 587 "implicit" 465 "none" 25) (.tls | default "starttls")))) }}
{{- end }}
{{- with .webhook }}
{{- $named := regexFind ":[0-9]+" (regexReplaceAll "^[a-z]+://\\[[^]]*\\]" .url "") | trimPrefix ":" }}
{{- $ports = append $ports (int ($named | default (ternary 80 443 (hasPrefix "http://" .url)))) }}
{{- end }}
{{- end }}
{{- end }}
{{- range include "mothball.proxies" . | fromJsonArray }}
{{- $named := regexFind ":[0-9]+" (regexReplaceAll "^[a-z]+://([^/]*@)?(\\[[^]]*\\])?" . "") | trimPrefix ":" }}
{{- $ports = append $ports (int ($named | default (ternary 443 80 (hasPrefix "https://" .)))) }}
{{- end }}
{{- $ports | uniq | sortAlpha | toJson }}
{{- end }}
