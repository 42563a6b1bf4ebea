{{- define "shapes.pod" }}
{{- $root := .root }}
{{- $name := $root.Release.Name }}
{{- $shape := $root.Values.agentk8sglue.shape }}
{{- with $root.Values.customCertificates.extraCerts }}
initContainers:
  - name: init-certificates
    image: {{ $root.Values.agentk8sglue.image.repository }}:{{ $root.Values.agentk8sglue.image.tag }}
    command: ["/bin/sh", "-c", "update-ca-certificates"]
    volumeMounts:
      - {name: etc-ssl-certs, mountPath: /etc/ssl/certs}
      - {name: clearml-extra-ca-certs, mountPath: /usr/local/share/ca-certificates}
{{- end }}
containers:
  - name: {{ .container | default "k8s-glue" }}
    image: {{ $root.Values.agentk8sglue.image.repository }}:{{ $root.Values.agentk8sglue.image.tag }}
    {{- if $root.Values.customCertificates.extraCerts }}
    env:
      - {name: REQUESTS_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}
      - {name: SSL_CERT_FILE, value: /etc/ssl/certs/ca-certificates.crt}
    volumeMounts:
      - {name: etc-ssl-certs, mountPath: /etc/ssl/certs}
    {{- end }}
restartPolicy: {{ .restart | default "Always" }}
{{- if $root.Values.customCertificates.extraCerts }}
volumes:
  - {name: etc-ssl-certs, emptyDir: {}}
  - name: clearml-extra-ca-certs
    {{- if has $shape (list "secret" "several") }}
    secret: {secretName: {{ $name }}-trust}
    {{- else if eq $shape "items" }}
    configMap:
      name: {{ $name }}-trust
      items:
        {{- $first := first $root.Values.customCertificates.extraCerts }}
        - {key: {{ $first.alias }}.crt, path: {{ $first.alias }}.crt}
    {{- else }}
    configMap: {name: {{ $name }}-trust}
    {{- end }}
{{- end }}
{{- end }}
