{{- /* A task pod that gets the agent's files from the agent's image. Takes: "pod", "image". */ -}}
{{- define "taskPod.withBootstrap" -}}
{{- $pod := deepCopy .pod -}}
{{- $mount := dict "name" "clearml-bootstrap" "mountPath" "/clearml-bootstrap" -}}
{{- $copies := dict "name" "init-bootstrap" "image" .image "imagePullPolicy" "IfNotPresent" "command" (list "/bin/sh" "-c" "cp -r /opt/bootstrap/. /clearml-bootstrap/") "volumeMounts" (list $mount) -}}
{{- $_ := set $pod "initContainers" (concat (list $copies) ($pod.initContainers | default list)) -}}
{{- $_ := set $pod "volumeMounts" (append ($pod.volumeMounts | default list) $mount) -}}
{{- $_ := set $pod "volumes" (append ($pod.volumes | default list) (dict "name" "clearml-bootstrap" "emptyDir" dict)) -}}
{{- toYaml $pod -}}
{{- end -}}
