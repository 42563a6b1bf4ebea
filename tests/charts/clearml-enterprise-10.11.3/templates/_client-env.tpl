{{- /* The same in every generation of the control plane chart: where the servers are, and as whom to call them. */ -}}

{{- /* A server's Service, whose name is a DNS label of at most 63 characters. Takes: "root", "server". */ -}}
{{- define "clearml.server" -}}
{{ include "clearml.fullname" .root | trunc 52 | trimSuffix "-" }}-{{ .server }}
{{- end -}}

{{- define "clearml.clientEnv" -}}
{{- $applications := .Values.clearmlApplications -}}
- name: CLEARML_API_HOST
  value: {{ $applications.apiServerUrlReferenceOverride | default (printf "http://%s:8008" (include "clearml.server" (dict "root" . "server" "apiserver"))) | quote }}
- name: CLEARML_WEB_HOST
  value: {{ $applications.webServerUrlReferenceOverride | default (printf "http://%s:8080" (include "clearml.server" (dict "root" . "server" "webserver"))) | quote }}
- name: CLEARML_FILES_HOST
  value: {{ $applications.fileServerUrlReferenceOverride | default (printf "http://%s:8081" (include "clearml.server" (dict "root" . "server" "fileserver"))) | quote }}
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

{{- define "clearml.verifyEnv" -}}
{{- if not .Values.clearmlApplications.clearmlCheckCertificate -}}
- name: CLEARML_API_HOST_VERIFY_CERT
  value: "false"
{{- end -}}
{{- end -}}

{{- /* What every task pod has before its own variables. */ -}}
{{- define "taskPod.env" -}}
{{ include "clearml.clientEnv" . }}
- name: PYTHONUNBUFFERED
  value: "x"
{{- with include "clearml.verifyEnv" . }}
{{ . }}
{{- end }}
{{- end -}}
