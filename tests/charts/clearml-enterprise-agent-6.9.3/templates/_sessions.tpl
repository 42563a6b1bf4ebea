{{- /* The same in every agent chart that knows sessions. */ -}}

{{- /* The Service that the agent makes for the n-th pod. Takes: "root", "sessions", "n". */ -}}
{{- define "sessions.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: clearml-session-{{ .n }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "clearml.labels" .root | nindent 4 }}
spec:
  type: {{ .sessions.svcType }}
  {{- if and .sessions.externalIP (ne .sessions.svcType "NodePort") }}
  externalIPs:
    - {{ .sessions.externalIP }}
  {{- end }}
  selector:
    ai.allegro.agent.serial: pod-{{ .n }}
  ports:
    - port: 10022
      targetPort: 10022
      protocol: TCP
      {{- if eq .sessions.svcType "NodePort" }}
      nodePort: {{ add .sessions.startingPort .n -1 }}
      {{- end }}
{{- end -}}

{{- /* What tells the agent of them. Takes sessions. */ -}}
{{- define "sessions.arguments" -}}
{{- if .portModeEnabled }} --ports-mode --num-of-services {{ .maxServices }} --base-port {{ .startingPort }} --gateway-address {{ .externalIP }}{{ end -}}
{{- end -}}
