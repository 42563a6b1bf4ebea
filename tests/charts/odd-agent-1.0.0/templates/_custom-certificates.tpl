{{- /* Unlike every other chart: two certificates to a ConfigMap, named by a hash of their content, under keys that do not end
in .crt; only the mounts map them to names that do.
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

{{- /* The name changes with the content, as with kustomize's generators. Takes: "name", "content". */ -}}
{{- define "customCertificates.configMapName" -}}
trust-{{ .name }}-{{ toYaml .content | sha256sum | trunc 8 }}
{{- end -}}

{{- define "customCertificates.configMap" -}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "customCertificates.configMapName" . }}
  labels:
    {{- include "clearml.labels" .root | nindent 4 }}
data:
{{- end -}}

{{- /* Takes "root" as well, for the labels. */ -}}
{{- define "customCertificates.configMaps" -}}
{{- include "customCertificates.validate" .values -}}
{{- with .values.overrideCaCertificatesCrt }}
{{ include "customCertificates.configMap" (dict "root" $.root "name" $.name "content" .) }}
  bundle.pem: |
    {{- . | nindent 4 }}
{{- end }}
{{- range $group, $pair := chunk 2 (.values.extraCerts | default list) }}
{{ include "customCertificates.configMap" (dict "root" $.root "name" $.name "content" $pair) }}
  {{- range $index, $certificate := $pair }}
  tls-ca-{{ add (mul 2 $group) $index }}.pem: |
    {{- $certificate.pem | nindent 4 }}
  {{- end }}
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
  subPath: bundle.pem
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
      {{- range $group, $pair := chunk 2 .values.extraCerts }}
      - configMap:
          name: {{ include "customCertificates.configMapName" (dict "name" $.name "content" $pair) }}
          items:
            {{- range $index, $certificate := $pair }}
            - key: tls-ca-{{ add (mul 2 $group) $index }}.pem
              path: {{ $certificate.alias }}.crt
            {{- end }}
      {{- end }}
{{- else if .values.overrideCaCertificatesCrt -}}
- name: clearml-ca-bundle
  configMap:
    name: {{ include "customCertificates.configMapName" (dict "name" .name "content" .values.overrideCaCertificatesCrt) }}
{{- end -}}
{{- end -}}
