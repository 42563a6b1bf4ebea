{{- /* The same in every chart. */ -}}

{{- /* Helm's usual rule: the release name alone where it contains the chart's, cut at 63 for DNS labels. */ -}}
{{- define "clearml.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "clearml.selectorLabels" -}}
app.kubernetes.io/name: {{ include "clearml.fullname" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "clearml.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "clearml.selectorLabels" . }}
{{- end -}}

{{- /* Takes: "root", "image" (registry, which goes before the global one; repository; tag). */ -}}
{{- define "clearml.image" -}}
{{- with .image.registry | default (.root.Values.global | default dict).imageRegistry }}{{ . }}/{{ end }}{{ .image.repository }}:{{ .image.tag }}
{{- end -}}

{{- define "clearml.imagePullSecrets" -}}
{{- if .Values.imageCredentials.enabled -}}
imagePullSecrets:
  - name: {{ include "clearml.fullname" . }}-ark
{{- end -}}
{{- end -}}

{{- /* The volume of the task pod templates is called as their ConfigMap; a volume's name is a DNS label. */ -}}
{{- define "clearml.templateVolume" -}}
{{ . | trunc 60 | trimSuffix "-" }}-pt
{{- end -}}

{{- /* Every change of the values restarts what has this annotation. */ -}}
{{- define "clearml.checksum" -}}
checksum/config: {{ printf "%s" .Values | sha256sum }}
{{- end -}}
