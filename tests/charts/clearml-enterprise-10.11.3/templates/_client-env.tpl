{{- /* The same in every generation of the control plane chart: where the servers are, and as whom to call them. */ -}}
{{- /* A Service's name is a DNS label of at most 63 characters. */ -}}
{{- define "clearml.apiserver" -}}
{{ include "clearml.fullname" . | trunc 53 | trimSuffix "-" }}-apiserver
{{- end -}}

{{- define "clearml.clientEnv" -}}
- name: CLEARML_API_HOST
  value: http://{{ include "clearml.apiserver" . }}:8008
- name: CLEARML_API_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "clearml.fullname" . }}-credentials
      key: api_key
- name: CLEARML_API_SECRET_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "clearml.fullname" . }}-credentials
      key: api_secret
{{- end -}}
