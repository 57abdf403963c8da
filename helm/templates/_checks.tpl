{{- /* What a JSON schema can't say. Each fault ends the rendering with one line that names the value. */}}
{{- define "mothball.checks" -}}
{{- $v := .Values }}
{{- include "mothball.checkReplicas" . }}
{{- if and $v.persistence.existingClaim (not $v.persistence.enabled) }}
{{- fail "persistence.existingClaim is set, but persistence.enabled is false: enable it, or remove the claim" }}
{{- end }}
{{- include "mothball.checkMonitoring" . }}
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
{{- range $name, $credential := $v.credentials }}
{{- $sources := list }}
{{- range $key := list "existingSecret" "csi" "projected" }}
{{- if get $credential $key }}{{ $sources = append $sources $key }}{{ end }}
{{- end }}
{{- if ne (len $sources) 1 }}
{{- fail (printf "credentials.%s needs one of existingSecret, csi and projected, not %d of them" $name (len $sources)) }}
{{- end }}
{{- end }}
{{- if not $v.existingConfigMap }}
{{- include "mothball.checkNames" . }}
{{- include "mothball.checkAgreement" . }}
{{- include "mothball.checkHttp" . }}
{{- include "mothball.checkCredentials" . }}
{{- include "mothball.checkPaths" . }}
{{- end }}
{{- include "mothball.checkRoutes" . }}
{{- end }}

{{- define "mothball.checkReplicas" -}}
{{- if gt (int .Values.replicaCount) 1 }}
{{- if eq (include "mothball.database" .) "sqlite" }}
{{- fail (printf "replicaCount: %d needs a PostgreSQL database; SQLite serves one replica" (int .Values.replicaCount)) }}
{{- end }}
{{- if .Values.persistence.enabled }}
{{- fail (printf "replicaCount: %d: replicas can not share one volume; set persistence.enabled=false and use S3 stores" (int .Values.replicaCount)) }}
{{- end }}
{{- if not .Values.existingConfigMap }}
{{- range $name, $store := .Values.config.stores }}
{{- if and $store (eq $store.type "local") }}
{{- fail (printf "replicaCount: %d: store %s is local, which each replica would have for itself; use S3 stores, and set config.stores.%s to null" (int $.Values.replicaCount) $name $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mothball.checkHttp" -}}
{{- $http := .Values.config.http | default dict }}
{{- if eq .Values.mode "daemon" }}
{{- if not $http.listen }}
{{- fail "config.http.listen is missing: the probes ask there; write [::]:9310" }}
{{- end }}
{{- include "mothball.checkMetricsListen" . }}
{{- $port := regexFind "[0-9]+$" $http.listen }}
{{- if ne $port (toString .Values.containerPort) }}
{{- fail (printf "config.http.listen is %s, but containerPort is %v: give both one port" $http.listen .Values.containerPort) }}
{{- end }}
{{- if and (eq (include "mothball.metricsPort" .) "http") (regexMatch "^(127\\.|localhost:|\\[::1\\])" $http.listen) }}
{{- fail (printf "config.http.listen is %s, where neither probes nor Prometheus reach it: write [::]:%s" $http.listen $port) }}
{{- end }}
{{- end }}
{{- range $name := list "ingress" "httpRoute" }}
{{- if and (get $.Values $name).enabled (ne (include "mothball.metricsPort" $) "metrics") }}
{{- fail (printf "%s.enabled: without config.http.metrics.listen, it would publish /metrics, which names every mailbox; set config.http.metrics.listen to [::]:%v" $name 9311) }}
{{- end }}
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
{{- if kindIs "map" $database }}{{ $database = "" }}{{ end }}
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

{{- define "mothball.checkMetricsListen" -}}
{{- $listen := dig "metrics" "listen" "" .Values.config.http }}
{{- if $listen }}
{{- $port := regexFind "[0-9]+$" $listen }}
{{- if ne $port (toString .Values.metricsPort) }}
{{- fail (printf "config.http.metrics.listen is %s, but metricsPort is %v: give both one port" $listen .Values.metricsPort) }}
{{- end }}
{{- if regexMatch "^(127\\.|localhost:|\\[::1\\])" $listen }}
{{- fail (printf "config.http.metrics.listen is %s, where neither probes nor Prometheus reach it: write [::]:%s" $listen $port) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mothball.checkMonitoring" -}}
{{- $rule := .Values.prometheusRule }}
{{- if and $rule.enabled (eq .Values.mode "cronjob") (not .Values.cronjob.metricsFile) }}
{{- fail "prometheusRule.enabled needs cronjob.metricsFile with mode: cronjob; without metrics, MothballDown would fire for ever" }}
{{- end }}
{{- $file := .Files.Get "rules/mothball.rules.yaml" | fromYaml }}
{{- $known := list }}
{{- range $file.groups }}{{ range .rules }}{{ if .alert }}{{ $known = append $known .alert }}{{ end }}{{ end }}{{ end }}
{{- $named := keys $rule.alerts | sortAlpha }}
{{- if kindIs "map" $rule.disabled }}{{ $named = concat $named (keys $rule.disabled) }}{{ else }}{{ $named = concat $named $rule.disabled }}{{ end }}
{{- range $name := $named }}
{{- if not (has $name $known) }}
{{- fail (printf "prometheusRule: there is no alert %s; the alerts are %s" $name (join ", " $known)) }}
{{- end }}
{{- end }}
{{- $thresholds := include "mothball.thresholds" . | fromYaml }}
{{- range $name, $change := $rule.alerts }}
{{- if and (not (kindIs "invalid" ($change | default dict).threshold)) (not (hasKey $thresholds $name)) }}
{{- fail (printf "prometheusRule.alerts.%s has no threshold; those with one are %s" $name (keys $thresholds | sortAlpha | join ", ")) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Objects that the API server would refuse, or that would show what they must not. */}}
{{- define "mothball.checkRoutes" -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{- fail "ingress.enabled: ingress.hosts is empty, so no request would reach the page; name a host" }}
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
{{- fail "httpRoute.enabled: httpRoute.parentRefs is empty, so no gateway would use the route; name a gateway" }}
{{- end }}
{{- end }}

{{- /* Stores and servers that policies and accounts name: the daemon would keep its old configuration. */}}
{{- define "mothball.checkNames" -}}
{{- $config := .Values.config }}
{{- range $index, $account := $config.accounts }}
{{- if and $account.server (not (hasKey ($config.servers | default dict) $account.server)) }}
{{- fail (printf "config.accounts[%d].server is %s, but there is no config.servers.%s; the servers are %s" $index $account.server $account.server (keys ($config.servers | default dict) | sortAlpha | join ", ")) }}
{{- end }}
{{- end }}
{{- $stores := list }}
{{- range $name, $store := $config.stores }}{{ if $store }}{{ $stores = append $stores $name }}{{ end }}{{ end }}
{{- range $file, $content := include "mothball.policies" . | fromJson }}
{{- $parsed := $content }}
{{- if kindIs "string" $content }}{{ $parsed = fromYaml $content }}{{ end }}
{{- range $policy := $parsed.policies }}
{{- $store := dig "archive" "to" "" $policy }}
{{- if and $store (not (has $store $stores)) }}
{{- fail (printf "policies.%s: policy %s archives to %s, but there is no config.stores.%s; the stores are %s" $file $policy.name $store $store (join ", " $stores | default "none")) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Values of the pod and of the configuration that must agree. */}}
{{- define "mothball.checkAgreement" -}}
{{- $spool := .Values.config.spool | default dict }}
{{- $path := printf "%s/" ($spool.path | default "") }}
{{- $mounts := list .Values.spool.mountPath .Values.persistence.mountPath "/tmp" }}
{{- range .Values.extraVolumeMounts }}{{ $mounts = append $mounts .mountPath }}{{ end }}
{{- $inside := false }}
{{- range $mounts }}{{ if hasPrefix (printf "%s/" .) $path }}{{ $inside = true }}{{ end }}{{ end }}
{{- if and $spool.path (not $inside) }}
{{- fail (printf "config.spool.path is %s, where nothing is mounted, and the root is read-only: write %s, or mount a volume there by extraVolumeMounts" $spool.path .Values.spool.mountPath) }}
{{- end }}
{{- if and $spool.path (hasPrefix (printf "%s/" .Values.spool.mountPath) $path) }}
{{- $max := include "mothball.bytes" ($spool.maxBytes | default "4GiB") | float64 }}
{{- if ge $max (include "mothball.bytes" .Values.spool.sizeLimit | float64) }}
{{- fail (printf "spool.sizeLimit is %s, but config.spool.maxBytes is %s: Kubernetes would evict the pod; make sizeLimit larger" .Values.spool.sizeLimit ($spool.maxBytes | default "4GiB (the default)")) }}
{{- end }}
{{- end }}
{{- $grace := dig "daemon" "grace" "25s" .Values.config }}
{{- $seconds := mul (regexFind "^[0-9]+" $grace | int) (ternary 60 1 (hasSuffix "min" $grace)) }}
{{- if and (eq .Values.mode "daemon") (le (int .Values.terminationGracePeriodSeconds) (int $seconds)) }}
{{- fail (printf "terminationGracePeriodSeconds is %v, but config.daemon.grace is %s: Kubernetes would kill the daemon before it reaches a safe point; make terminationGracePeriodSeconds larger" .Values.terminationGracePeriodSeconds $grace) }}
{{- end }}
{{- end }}

{{- /* A size of Mothball (20GiB, 5MB) or a quantity of Kubernetes (5Gi, 5M) as a number of bytes. */}}
{{- define "mothball.bytes" -}}
{{- $text := toString . | trimSuffix "B" }}
{{- $unit := regexFind "[A-Za-z]+$" $text }}
{{- $base := ternary 1024.0 1000.0 (hasSuffix "i" $unit) }}
{{- $power := get (dict "" 0 "k" 1 "m" 2 "g" 3 "t" 4 "p" 5) (trimSuffix "i" $unit | lower) | int }}
{{- $bytes := regexFind "^[0-9.]+" $text | float64 }}
{{- range until $power }}{{ $bytes = mulf $bytes $base }}{{ end }}
{{- printf "%.0f" $bytes }}
{{- end }}
