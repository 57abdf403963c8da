{{- /* What a JSON schema can't say. Each fault ends the rendering with one line that names the value. */}}
{{- define "mothball.checks" -}}
{{- $v := .Values }}
{{- include "mothball.checkReplicas" . }}
{{- if and $v.persistence.existingClaim (not $v.persistence.enabled) }}
{{- fail "persistence.existingClaim is set, but persistence.enabled is false: enable it, or remove the claim" }}
{{- end }}
{{- if and $v.serviceMonitor.enabled $v.podMonitor.enabled }}
{{- fail "serviceMonitor and podMonitor are both enabled: every series would be scraped twice; enable one" }}
{{- end }}
{{- if eq $v.mode "cronjob" }}
{{- range $name := list "serviceMonitor" "podMonitor" "ingress" "httpRoute" }}
{{- if (get $v $name).enabled }}
{{- fail (printf "%s.enabled needs mode: daemon; a CronJob serves nothing (use cronjob.metricsFile for metrics)" $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $v.planJob.enabled $v.persistence.enabled (has "ReadWriteOncePod" $v.persistence.accessModes) }}
{{- fail "planJob.enabled: the volume is ReadWriteOncePod, which only one pod can mount; use `kubectl exec` to plan, or ReadWriteOnce" }}
{{- end }}
{{- if not $v.existingConfigMap }}
{{- include "mothball.checkHttp" . }}
{{- include "mothball.checkCredentials" . }}
{{- include "mothball.checkPaths" . }}
{{- end }}
{{- end }}

{{- define "mothball.checkReplicas" -}}
{{- if gt (int .Values.replicaCount) 1 }}
{{- if eq (include "mothball.database" .) "sqlite" }}
{{- fail (printf "replicaCount: %d needs a PostgreSQL database; SQLite serves one replica" (int .Values.replicaCount)) }}
{{- end }}
{{- include "mothball.refuseReplicas" . }}
{{- end }}
{{- end }}

{{- /* Goes away when this program knows PostgreSQL. */}}
{{- define "mothball.refuseReplicas" -}}
{{- fail (printf "replicaCount: %d: Mothball %s does not work with PostgreSQL yet, and runs as one replica only" (int .Values.replicaCount) .Chart.AppVersion) }}
{{- end }}

{{- define "mothball.checkHttp" -}}
{{- $http := .Values.config.http | default dict }}
{{- if eq .Values.mode "daemon" }}
{{- if not $http.listen }}
{{- fail "config.http.listen is missing: the probes ask there; write 0.0.0.0:9310" }}
{{- end }}
{{- $port := regexFind "[0-9]+$" $http.listen }}
{{- if ne $port (toString .Values.containerPort) }}
{{- fail (printf "config.http.listen is %s, but containerPort is %v: give both one port" $http.listen .Values.containerPort) }}
{{- end }}
{{- if regexMatch "^(127\\.|localhost:|\\[::1\\])" $http.listen }}
{{- fail (printf "config.http.listen is %s, where neither probes nor Prometheus reach it: write 0.0.0.0:%s" $http.listen $port) }}
{{- end }}
{{- end }}
{{- range $name := list "ingress" "httpRoute" }}
{{- if and (get $.Values $name).enabled (eq (toString $http.page) "false") }}
{{- fail (printf "%s.enabled: config.http.page is false, so there is no page to reach; set it to true, and config.http.auth.tokenFile" $name) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mothball.checkCredentials" -}}
{{- $base := include "mothball.secretsPath" . }}
{{- range $path := regexFindAll (printf "%s/[^/\\s\"',}]+" $base) (toYaml .Values.config) -1 | uniq }}
{{- $name := trimPrefix (printf "%s/" $base) $path }}
{{- if not (hasKey $.Values.credentials $name) }}
{{- fail (printf "config names a file in %s, but there is no credentials.%s; add it with its existingSecret" $path $name) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mothball.checkPaths" -}}
{{- $mount := printf "%s/" .Values.persistence.mountPath }}
{{- $database := .Values.config.database | default "" }}
{{- if hasPrefix "sqlite:" $database }}
{{- if not (hasPrefix $mount (trimPrefix "sqlite:" $database)) }}
{{- fail (printf "config.database is %s, which is not below persistence.mountPath (%s): it would be lost with the pod" $database .Values.persistence.mountPath) }}
{{- end }}
{{- end }}
{{- range $name, $store := .Values.config.stores }}
{{- if and $store (eq $store.type "local") (not (hasPrefix $mount $store.path)) }}
{{- fail (printf "config.stores.%s.path is %s, which is not below persistence.mountPath (%s): archives would be lost with the pod" $name $store.path $.Values.persistence.mountPath) }}
{{- end }}
{{- end }}
{{- end }}
