{{- /* The same in every chart that starts task pods. */ -}}

{{- /* The pod that the agent starts for a task, as YAML text. Takes: "root", "pod" (a basePodTemplate), "image". */ -}}
{{- define "taskPod.template" -}}
apiVersion: v1
kind: Pod
metadata:
  namespace: {{ .root.Release.Namespace }}
  {{- with .pod.labels }}
  labels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .pod.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: Never
  {{- with include "clearml.imagePullSecrets" .root }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .pod.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $fields := pick .pod "affinity" "hostAliases" "initContainers" "nodeSelector" "priorityClassName" "schedulerName" "tolerations" "volumes" }}
  {{- range $field, $value := $fields }}
  {{- if $value }}
  {{- dict $field $value | toYaml | nindent 2 }}
  {{- end }}
  {{- end }}
  containers:
    - name: clearml-task
      image: {{ .image }}
      {{- with .pod.containerSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .pod.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      env:
        {{- include "clearml.clientEnv" .root | nindent 8 }}
        {{- with .pod.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .pod.volumeMounts }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
