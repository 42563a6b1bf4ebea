# Completes helm-clearml-certs in fish: helm-clearml-certs completion fish | source
# For `helm clearml-certs`, have Helm's own: helm completion fish | source
function __helm_clearml_certs
    set -l words (commandline -opc)
    helm-clearml-certs __complete $words[2..-1] (commandline -ct) 2>/dev/null | string match -v -r '^:\d+$'
end
complete -c helm-clearml-certs -f -a '(__helm_clearml_certs)'
