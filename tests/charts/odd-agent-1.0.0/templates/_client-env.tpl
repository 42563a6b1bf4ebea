{{- /* The same in every generation of the agent chart: where the servers are, and as whom to call them. */ -}}
{{- define "clearml.clientEnv" -}}
- name: CLEARML_API_HOST
  value: {{ .Values.agentk8sglue.apiServerUrlReference | quote }}
- name: CLEARML_WEB_HOST
  value: {{ .Values.agentk8sglue.webServerUrlReference | quote }}
- name: CLEARML_FILES_HOST
  value: {{ .Values.agentk8sglue.fileServerUrlReference | quote }}
- name: CLEARML_API_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "clearml.fullname" . }}-ac
      key: agentk8sglue_key
- name: CLEARML_API_SECRET_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "clearml.fullname" . }}-ac
      key: agentk8sglue_secret
{{- end -}}
