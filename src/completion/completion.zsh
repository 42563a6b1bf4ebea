#compdef helm-clearml-certs
# Completes helm-clearml-certs in zsh: source <(helm-clearml-certs completion zsh)
# For `helm clearml-certs`, have Helm's own: source <(helm completion zsh)
_helm_clearml_certs() {
    local -a plain going_on
    local line word
    for line in "${(@f)$(helm-clearml-certs __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ $line == :* ]] && continue
        word=${line%%$'\t'*}
        if [[ $word == *[/=:] ]]; then going_on+=("$word"); else plain+=("$word"); fi
    done
    compadd -S '' -a going_on
    compadd -a plain
}
if [[ $funcstack[1] == _helm_clearml_certs ]]; then
    _helm_clearml_certs
else
    compdef _helm_clearml_certs helm-clearml-certs
fi
