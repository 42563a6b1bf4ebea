{{- /* The same in every chart that knows queues. */ -}}

{{- /* A queue's task pod, as a basePodTemplate. Takes: "base", "overrides". A field that the queue sets replaces the
base's whole, lists and maps alike; an empty one leaves the base's. */ -}}
{{- define "taskPod.ofQueue" -}}
{{- $pod := deepCopy (.base | default dict) -}}
{{- range $field, $value := .overrides -}}
{{- if $value -}}
{{- $_ := set $pod $field $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end -}}
