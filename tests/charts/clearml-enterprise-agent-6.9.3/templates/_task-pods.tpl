{{- /* Older generation: certificates reach task pods only where the user's templates bring them. */ -}}

{{- define "taskPods.queues" -}}
{{- toYaml (.queues | default dict) -}}
{{- end -}}

{{- /* A map from queue to what the agent starts for a task of it. Takes: "root", "glue" (agentk8sglue).
The vendor's fault is kept: labels and annotations are put in without indentation, so the second line of either stands at
the left margin and the whole text is no YAML any more. */ -}}
{{- define "taskPods.map" -}}
{{- $env := include "taskPod.env" . -}}
{{- range $queue, $settings := include "taskPods.queues" .glue | fromYaml }}
{{- $pod := include "taskPod.ofQueue" (dict "base" $.glue.basePodTemplate "overrides" ($settings | default dict).templateOverrides) | fromYaml }}
{{- $spec := include "taskPod.spec" (dict "root" $.root "pod" $pod "env" $env "files" (include "fileMounts.name" (dict "root" $.root "queue" $queue))) }}
{{ $queue }}:
  apiVersion: {{ ternary "batch/v1" "v1" (not (not $.glue.taskAsJob)) }}
  kind: {{ ternary "Job" "Pod" (not (not $.glue.taskAsJob)) }}
  metadata:
    namespace: {{ $.root.Release.Namespace }}
    labels:
      {{ toYaml $pod.labels }}
    annotations:
      {{ toYaml $pod.annotations }}
  spec:
    {{- if $.glue.taskAsJob }}
    backoffLimit: 0
    template:
      spec:
        {{- $spec | nindent 8 }}
    {{- else }}
    {{- $spec | nindent 4 }}
    {{- end }}
{{- end }}
{{- end -}}
