{{- /* The same in every agent chart, but for orchestrator, which has other keys in the Secret.
Each define takes: "root", "glue" (agentk8sglue). */ -}}

{{- /* Where the servers are, and as whom to call them. */ -}}
{{- define "clearml.clientEnv" -}}
- name: CLEARML_API_HOST
  value: {{ .glue.apiServerUrlReference | quote }}
- name: CLEARML_WEB_HOST
  value: {{ .glue.webServerUrlReference | quote }}
- name: CLEARML_FILES_HOST
  value: {{ .glue.fileServerUrlReference | quote }}
- name: CLEARML_API_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "clearml.fullname" .root }}-ac
      key: agentk8sglue_key
- name: CLEARML_API_SECRET_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "clearml.fullname" .root }}-ac
      key: agentk8sglue_secret
{{- end -}}

{{- define "clearml.verifyEnv" -}}
{{- if not .glue.clearmlcheckCertificate -}}
- name: CLEARML_API_HOST_VERIFY_CERT
  value: "false"
{{- end -}}
{{- end -}}

{{- /* What every task pod has before the queue's own variables. */ -}}
{{- define "taskPod.env" -}}
{{ include "clearml.clientEnv" . }}
- name: PYTHONUNBUFFERED
  value: "x"
{{- with include "clearml.verifyEnv" . }}
{{ . }}
{{- end }}
{{- end -}}
