{{- /* The same in every chart that renders fileMounts. */ -}}

{{- /* The name of the Secret with a queue's files. Takes: "root", "queue". */ -}}
{{- define "fileMounts.name" -}}
{{ include "clearml.fullname" .root }}-{{ regexReplaceAllLiteral "[^a-z0-9]+" (lower .queue) "-" | trimAll "-" }}-fm
{{- end -}}

{{- /* Takes "files" (fileMounts) as well. */ -}}
{{- define "fileMounts.secret" -}}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "fileMounts.name" . }}
  labels:
    {{- include "clearml.labels" .root | nindent 4 }}
data:
  {{- range .files }}
  {{ .name | quote }}: {{ .fileContent | b64enc }}
  {{- end }}
{{- end -}}
