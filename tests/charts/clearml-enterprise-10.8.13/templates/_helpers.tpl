{{- /* The same in every chart. */ -}}

{{- /* Helm's usual rule: the release name alone where it contains the chart's, cut at 63 for DNS labels. */ -}}
{{- define "clearml.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "clearml.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "clearml.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "clearml.selectorLabels" . }}
{{- end -}}

{{- /* Takes: registry (may be empty), repository, tag. */ -}}
{{- define "clearml.image" -}}
{{- with .registry }}{{ . }}/{{ end }}{{ .repository }}:{{ .tag }}
{{- end -}}

{{- define "clearml.imagePullSecrets" -}}
{{- if .Values.imageCredentials.enabled -}}
imagePullSecrets:
  - name: {{ include "clearml.fullname" . }}-ark
{{- end -}}
{{- end -}}
