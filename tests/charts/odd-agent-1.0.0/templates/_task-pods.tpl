{{- /* Takes: "root", "glue" (agentk8sglue). */ -}}
{{- define "taskPods.documents" -}}
{{- $env := include "taskPod.env" . -}}
{{- range $queue, $settings := .glue.queues }}
{{- $pod := include "taskPod.ofQueue" (dict "base" $.glue.basePodTemplate "overrides" ($settings | default dict).templateOverrides) | fromYaml }}
---
apiVersion: v1
kind: Pod
metadata:
  namespace: {{ $.root.Release.Namespace }}
  labels:
    {{- toYaml (merge (dict "served-queue" $queue) ($pod.labels | default dict)) | nindent 4 }}
  annotations:
    {{- toYaml ($pod.annotations | default dict) | nindent 4 }}
spec:
  {{- include "taskPod.spec" (dict "root" $.root "pod" $pod "env" $env "files" (include "fileMounts.name" (dict "root" $.root "queue" $queue))) | nindent 2 }}
{{- end }}
{{ end -}}
