{{- /* Newest generation only: the chart brings the certificates to task pods itself. */ -}}

{{- /* A basePodTemplate with the certificates in it, where propagateToTasks says so. Takes: "pod", "certificates" (the
dict of _custom-certificates.tpl). What the user has under the same name or mount path stays; ours come first, so that
the user's init containers trust the certificates already. */ -}}
{{- define "taskPod.withCertificates" -}}
{{- $pod := deepCopy .pod -}}
{{- if .certificates.values.propagateToTasks -}}
{{- range $field, $key := dict "initContainers" "name" "env" "name" "volumeMounts" "mountPath" "volumes" "name" -}}
{{- $users := get $pod $field | default list -}}
{{- $taken := list -}}
{{- range $users -}}
{{- $taken = append $taken (get . $key | trimSuffix "/") -}}
{{- end -}}
{{- $entries := list -}}
{{- range include (printf "customCertificates.%s" $field) $.certificates | fromYamlArray -}}
{{- if not (has (get . $key) $taken) -}}
{{- $entries = append $entries . -}}
{{- end -}}
{{- end -}}
{{- $_ := set $pod $field (concat $entries $users) -}}
{{- end -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end -}}
