{{- /* The same in 6.14.6 and orchestrator. */ -}}

{{- /* A task pod with extraVolumes and extraVolumeMounts, which are added, the queue's to the base's. Takes: "pod", "base",
"overrides". */ -}}
{{- define "taskPod.withExtras" -}}
{{- $pod := deepCopy .pod -}}
{{- range $field, $extra := dict "volumes" "extraVolumes" "volumeMounts" "extraVolumeMounts" -}}
{{- $of := list -}}
{{- range list (get $pod $field) (get ($.base | default dict) $extra) (get $.overrides $extra) -}}
{{- $of = concat $of (. | default list) -}}
{{- end -}}
{{- $_ := set $pod $field $of -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end -}}
