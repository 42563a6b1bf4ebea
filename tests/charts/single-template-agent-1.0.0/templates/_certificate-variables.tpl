{{- /* Older generation; the newer one sets SSL_CERT_FILE too. */ -}}
{{- define "customCertificates.variables" -}}
REQUESTS_CA_BUNDLE
{{- end -}}
