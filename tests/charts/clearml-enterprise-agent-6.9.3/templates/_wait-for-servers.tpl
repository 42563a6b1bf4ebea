{{- /* The same in every agent chart that waits for its servers. */ -}}

{{- /* A script that ends when the API, file and web server answer. Takes the agent's values. */ -}}
{{- define "clearml.waitForServers" -}}
{{- $curl := printf "curl %s-sw '%%{http_code}'" (ternary "" "--insecure " (not (not .clearmlcheckCertificate))) -}}
echo "Waiting for the API server"
until [ "$({{ $curl }} "{{ .apiServerUrlReference }}/debug.ping" -o /dev/null)" = 200 ]; do
  sleep 5
done
echo "Waiting for the file server"
until {{ $curl }} "{{ .fileServerUrlReference }}/" -o /dev/null | grep -Eq '^(403|405)$'; do
  sleep 5
done
echo "Waiting for the web server"
until [ "$({{ $curl }} "{{ .webServerUrlReference }}/" -o /dev/null)" = 200 ]; do
  sleep 5
done
{{- end -}}
