{{- /* Newer generation; the older one sets REQUESTS_CA_BUNDLE alone. */ -}}
{{- define "customCertificates.variables" -}}
REQUESTS_CA_BUNDLE SSL_CERT_FILE
{{- end -}}
