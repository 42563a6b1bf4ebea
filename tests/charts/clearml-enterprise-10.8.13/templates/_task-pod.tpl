{{- /* The same in every chart that starts task pods, but for clearml-agent and single-template-agent. */ -}}

{{- /* The spec of the pod that the agent starts for a task. Its container has neither name nor image: the agent gives it
the task's. Every field is written out, empty ones too.
Takes: "root", "pod" (a basePodTemplate), "env" (what stands before the pod's own), "files" (the Secret of fileMounts). */ -}}
{{- define "taskPod.spec" -}}
restartPolicy: Never
schedulerName: {{ .pod.schedulerName | default "" }}
{{- with include "clearml.imagePullSecrets" .root }}
{{ . }}
{{- end }}
securityContext:
  {{- toYaml (.pod.podSecurityContext | default dict) | nindent 2 }}
hostAliases:
  {{- toYaml (.pod.hostAliases | default list) | nindent 2 }}
volumes:
  {{- if .pod.fileMounts }}
  - name: filemounts
    secret:
      secretName: {{ .files }}
  {{- end }}
  {{- with .pod.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
initContainers:
  {{- toYaml (.pod.initContainers | default list) | nindent 2 }}
priorityClassName: {{ .pod.priorityClassName | default "" }}
containers:
  - resources:
      {{- toYaml (.pod.resources | default dict) | nindent 6 }}
    securityContext:
      {{- toYaml (.pod.containerSecurityContext | default dict) | nindent 6 }}
    ports:
      - containerPort: 10022
    volumeMounts:
      {{- range .pod.fileMounts }}
      - name: filemounts
        mountPath: {{ printf "%s/%s" (.folderPath | trimSuffix "/") .name | quote }}
        subPath: {{ .name | quote }}
        readOnly: true
      {{- end }}
      {{- with .pod.volumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    env:
      {{- .env | nindent 6 }}
      {{- with .pod.env }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
nodeSelector:
  {{- toYaml (.pod.nodeSelector | default dict) | nindent 2 }}
tolerations:
  {{- toYaml (.pod.tolerations | default list) | nindent 2 }}
affinity:
  {{- toYaml (.pod.affinity | default dict) | nindent 2 }}
{{- end -}}
