{{- /* Unlike every other chart: the pod that the agent starts for a task is whole, its container has a name and an image, and what is
empty is left out. Takes: "root", "glue" (agentk8sglue). */ -}}
{{- define "taskPod.template" -}}
{{- $pod := .glue.basePodTemplate | default dict -}}
apiVersion: v1
kind: Pod
metadata:
  namespace: {{ .root.Release.Namespace }}
  {{- with $pod.labels }}
  labels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: Never
  {{- with include "clearml.imagePullSecrets" .root }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with $pod.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $fields := pick $pod "affinity" "hostAliases" "initContainers" "nodeSelector" "priorityClassName" "schedulerName" "tolerations" "volumes" }}
  {{- range $field, $value := $fields }}
  {{- if $value }}
  {{- dict $field $value | toYaml | nindent 2 }}
  {{- end }}
  {{- end }}
  containers:
    - name: clearml-task
      image: {{ .glue.defaultContainerImage }}
      {{- with $pod.containerSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $pod.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      env:
        {{- include "taskPod.env" . | nindent 8 }}
        {{- with $pod.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $pod.volumeMounts }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
