{{- /* The number in an alert's expression that `threshold` replaces. */}}
{{- define "mothball.thresholds" -}}
MothballQuotaCritical: "> 0.95"
MothballQuotaFillingUp: "< 604800"
MothballQuotaFillingFast: ", 86400"
MothballPolicyStale: "> 2"
MothballServerUnreachable: "> 0.5"
MothballAccountsUnreadable: "> 0"
MothballScanStale: "> 21600"
MothballDiskFillingUp: "< 0.1"
MothballSeriesDropped: "> 0"
{{- end }}

{{- /*
What tells this release's series from those of others: known where the chart has them scraped. A
ServiceMonitor adds the Service's name; a PodMonitor is the job.
*/}}
{{- define "mothball.ruleSelector" -}}
{{- $v := .Values }}
{{- if not (kindIs "invalid" $v.prometheusRule.selector) }}{{ $v.prometheusRule.selector }}
{{- else if $v.serviceMonitor.enabled -}}
namespace="{{ include "mothball.namespace" . }}", service="{{ include "mothball.fullname" . }}"
{{- else if and $v.podMonitor.enabled (not $v.podMonitor.jobLabel) -}}
namespace="{{ include "mothball.namespace" . }}", job="{{ $v.podMonitor.namespace | default (include "mothball.namespace" .) }}/{{ include "mothball.fullname" . }}"
{{- end }}
{{- end }}

{{- /* The groups of rules/mothball.rules.yaml, for this release alone, as the values change them. */}}
{{- define "mothball.rules" -}}
{{- $rule := .Values.prometheusRule }}
{{- $selector := include "mothball.ruleSelector" . }}
{{- $thresholds := include "mothball.thresholds" . | fromYaml }}
{{- $file := .Files.Get "rules/mothball.rules.yaml" | fromYaml }}
{{- $critical := (get $rule.alerts "MothballQuotaCritical" | default dict).threshold }}
{{- range $group := $file.groups }}
{{- $kept := list }}
{{- range $each := $group.rules }}
{{- $change := get $rule.alerts ($each.alert | default "") | default dict }}
{{- $off := or (eq (toString $change.enabled) "false") (include "mothball.alertDisabled" (dict "root" $ "alert" $each.alert)) }}
{{- if or $each.record (not $off) }}
{{- $expr := $each.expr }}
{{- if not (kindIs "invalid" $critical) }}
{{- $expr = replace "ratio > 0.95" (printf "ratio > %v" $critical) $expr }}
{{- end }}
{{- if and (not (kindIs "invalid" $change.threshold)) (ne $each.alert "MothballQuotaCritical") }}
{{- $old := get $thresholds $each.alert }}
{{- $expr = replace $old (printf "%s%s" (regexFind "^[^0-9]+" $old) (include "mothball.number" $change.threshold)) $expr }}
{{- end }}
{{- if $selector }}
{{- $expr = regexReplaceAll "(mothball[_:][a-z_:]+)" $expr (printf "${1}{%s}" $selector) | replace (printf "{%s}{" $selector) (printf "{%s, " $selector) }}
{{- if eq ($each.alert | default "") "MothballDown" }}
{{- $expr = printf "min by (cluster, namespace, job, service) (up{%s}) == 0 or absent(mothball_build_info{%s}) unless on () (up{%s} == 0)" $selector $selector $selector }}
{{- end }}
{{- end }}
{{- $_ := set $each "expr" $expr }}
{{- if $each.alert }}
{{- with $change.for }}{{ $_ := set $each "for" . }}{{ end }}
{{- with $change.keepFiringFor }}{{ $_ := set $each "keep_firing_for" . }}{{ end }}
{{- $severity := $change.severity | default $each.labels.severity }}
{{- $_ := set $each "labels" (mergeOverwrite (dict) $rule.additionalRuleLabels (dict "severity" $severity) ($change.labels | default dict)) }}
{{- $runbook := ne "" $rule.runbookUrl | ternary (dict "runbook_url" (printf "%s#%s" $rule.runbookUrl (lower $each.alert))) dict }}
{{- $_ := set $each "annotations" (mergeOverwrite (dict) $each.annotations $runbook $rule.additionalRuleAnnotations ($change.annotations | default dict)) }}
{{- end }}
{{- $kept = append $kept $each }}
{{- end }}
{{- end }}
- name: {{ $group.name }}
  rules:
    {{- toYaml $kept | nindent 4 }}
{{- end }}
{{- end }}

{{- /* A large number stays a plain one. */}}
{{- define "mothball.number" -}}
{{- if eq (float64 .) (float64 (int64 .)) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{- /* "true" for an alert in `disabled`, a list or a map; and for series that were dropped on purpose. */}}
{{- define "mothball.alertDisabled" -}}
{{- $disabled := .root.Values.prometheusRule.disabled }}
{{- $named := ternary $disabled dict (kindIs "map" $disabled) }}
{{- if and (kindIs "slice" $disabled) (has .alert $disabled) }}true
{{- else if get $named (.alert | default "") }}true
{{- else if and (eq (.alert | default "") "MothballSeriesDropped") (not .root.Values.existingConfigMap) }}
{{- if has (dig "metrics" "accounts" "" .root.Values.config) (list "off" "nearFull") }}true{{ end }}
{{- end }}
{{- end }}
