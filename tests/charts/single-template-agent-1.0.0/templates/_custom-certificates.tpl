{{- /* The same in every chart that takes certificates, but for odd-agent.
Each define but the first takes a dict: "name" (prefix of the ConfigMaps), "values" (customCertificates),
"initContainer" (its name) and "image" (which has update-ca-certificates). Each gives a YAML list, or nothing. */ -}}

{{- define "customCertificates.validate" -}}
{{- if and .overrideCaCertificatesCrt .extraCerts -}}
{{- fail "customCertificates: overrideCaCertificatesCrt and extraCerts are mutually exclusive" -}}
{{- end -}}
{{- $aliases := list -}}
{{- range .extraCerts -}}
{{- $alias := required "customCertificates.extraCerts: every certificate needs an alias" .alias -}}
{{- $_ := required (printf "customCertificates.extraCerts: %s has no pem" $alias) .pem -}}
{{- if has $alias $aliases -}}
{{- fail (printf "customCertificates.extraCerts: alias %s is given twice" $alias) -}}
{{- end -}}
{{- $aliases = append $aliases $alias -}}
{{- end -}}
{{- end -}}

{{- /* Takes "root" as well, for the labels. */ -}}
{{- define "customCertificates.configMaps" -}}
{{- include "customCertificates.validate" .values -}}
{{- $labels := include "clearml.labels" .root -}}
{{- with .values.overrideCaCertificatesCrt }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.name }}-ca-bundle
  labels:
    {{- $labels | nindent 4 }}
data:
  ca-certificates.crt: |
    {{- . | nindent 4 }}
{{- end }}
{{- range $index, $certificate := .values.extraCerts }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.name }}-custom-ca-{{ $index }}
  labels:
    {{- $labels | nindent 4 }}
data:
  {{ $certificate.alias }}.crt: |
    {{- $certificate.pem | nindent 4 }}
{{- end }}
{{- end -}}

{{- define "customCertificates.initContainers" -}}
{{- if .values.extraCerts -}}
- name: {{ .initContainer }}
  image: {{ .image }}
  imagePullPolicy: IfNotPresent
  command:
    - /bin/sh
    - -c
    - update-ca-certificates
  volumeMounts:
    - name: etc-ssl-certs
      mountPath: /etc/ssl/certs
    - name: clearml-extra-ca-certs
      mountPath: /usr/local/share/ca-certificates
{{- end -}}
{{- end -}}

{{- define "customCertificates.env" -}}
{{- if or .values.extraCerts .values.overrideCaCertificatesCrt -}}
{{- range include "customCertificates.variables" $ | splitList " " }}
- name: {{ . }}
  value: /etc/ssl/certs/ca-certificates.crt
{{- end }}
{{- end -}}
{{- end -}}

{{- define "customCertificates.volumeMounts" -}}
{{- if .values.extraCerts -}}
- name: etc-ssl-certs
  mountPath: /etc/ssl/certs
{{- else if .values.overrideCaCertificatesCrt -}}
- name: clearml-ca-bundle
  mountPath: /etc/ssl/certs/ca-certificates.crt
  subPath: ca-certificates.crt
  readOnly: true
{{- end -}}
{{- end -}}

{{- define "customCertificates.volumes" -}}
{{- if .values.extraCerts -}}
- name: etc-ssl-certs
  emptyDir: {}
- name: clearml-extra-ca-certs
  projected:
    defaultMode: 420
    sources:
      {{- range $index, $_ := .values.extraCerts }}
      - configMap:
          name: {{ $.name }}-custom-ca-{{ $index }}
      {{- end }}
{{- else if .values.overrideCaCertificatesCrt -}}
- name: clearml-ca-bundle
  configMap:
    name: {{ .name }}-ca-bundle
{{- end -}}
{{- end -}}
