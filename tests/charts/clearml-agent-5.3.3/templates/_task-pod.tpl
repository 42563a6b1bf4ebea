{{- /* The pod that the agent starts for a task. It has no kind, and its container neither name nor image: the agent sets
these. Every field that this chart knows is written out, empty ones too; hostAliases, schedulerName and fileMounts have no
effect. Takes: "root", "glue" (agentk8sglue). */ -}}
{{- define "taskPod.template" -}}
{{- $pod := .glue.basePodTemplate | default dict -}}
apiVersion: v1
metadata:
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- toYaml ($pod.labels | default dict) | nindent 4 }}
  annotations:
    {{- toYaml ($pod.annotations | default dict) | nindent 4 }}
spec:
  restartPolicy: Never
  {{- with include "clearml.imagePullSecrets" .root }}
  {{- . | nindent 2 }}
  {{- end }}
  securityContext:
    {{- toYaml ($pod.podSecurityContext | default dict) | nindent 4 }}
  volumes:
    {{- with $pod.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  initContainers:
    {{- toYaml ($pod.initContainers | default list) | nindent 4 }}
  priorityClassName: {{ $pod.priorityClassName | default "" }}
  containers:
    - resources:
        {{- toYaml ($pod.resources | default dict) | nindent 8 }}
      securityContext:
        {{- toYaml ($pod.containerSecurityContext | default dict) | nindent 8 }}
      ports:
        - containerPort: 10022
      volumeMounts:
        {{- with $pod.volumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      env:
        {{- include "taskPod.env" . | nindent 8 }}
        {{- with $pod.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  nodeSelector:
    {{- toYaml ($pod.nodeSelector | default dict) | nindent 4 }}
  tolerations:
    {{- toYaml ($pod.tolerations | default list) | nindent 4 }}
  affinity:
    {{- toYaml ($pod.affinity | default dict) | nindent 4 }}
{{- end -}}
