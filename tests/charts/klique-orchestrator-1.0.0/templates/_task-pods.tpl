{{- /* As agent 6.14.6, without appsQueue and bootstrap: with propagateToTasks every task pod gets the certificates, whatever its queue overrides. */ -}}

{{- /* What the agent starts tasks for. Takes orchestratork8sglue. */ -}}
{{- define "taskPods.queues" -}}
{{- toYaml (.queues | default dict) -}}
{{- end -}}

{{- /* Takes: "root", "glue" (orchestratork8sglue), "certificates" (the dict of _custom-certificates.tpl), "queue", "settings" (the
queue's), "kind" (Pod or Job). */ -}}
{{- define "taskPods.entry" -}}
{{- $overrides := (.settings | default dict).templateOverrides | default dict -}}
{{- $pod := include "taskPod.ofQueue" (dict "base" .glue.basePodTemplate "overrides" $overrides) | fromYaml -}}
{{- $pod = include "taskPod.withExtras" (dict "pod" $pod "base" .glue.basePodTemplate "overrides" $overrides) | fromYaml -}}
{{- $pod = include "taskPod.withCertificates" (dict "pod" $pod "certificates" .certificates) | fromYaml -}}
{{- $files := include "fileMounts.name" (dict "root" .root "queue" .queue) -}}
{{- $spec := include "taskPod.spec" (dict "root" .root "pod" $pod "env" (include "taskPod.env" .) "files" $files) -}}
apiVersion: {{ ternary "batch/v1" "v1" (eq .kind "Job") }}
kind: {{ .kind }}
metadata:
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- toYaml ($pod.labels | default dict) | nindent 4 }}
  annotations:
    {{- toYaml ($pod.annotations | default dict) | nindent 4 }}
spec:
  {{- if eq .kind "Job" }}
  backoffLimit: 0
  template:
    spec:
      {{- $spec | nindent 6 }}
  {{- else }}
  {{- $spec | nindent 2 }}
  {{- end }}
{{- end -}}

{{- /* A map from queue to what the agent starts for a task of it. Takes: "root", "glue", "certificates". */ -}}
{{- define "taskPods.map" -}}
{{- $kind := ternary "Job" "Pod" (not (not .glue.taskAsJob)) -}}
{{- range $queue, $settings := include "taskPods.queues" .glue | fromYaml }}
{{ $queue }}:
  {{- include "taskPods.entry" (dict "root" $.root "glue" $.glue "certificates" $.certificates "queue" $queue "settings" $settings "kind" $kind) | nindent 2 }}
{{- end }}
{{- end -}}
