# Completes helm-clearml-certs in bash: source <(helm-clearml-certs completion bash)
# For `helm clearml-certs`, have Helm's own: source <(helm completion bash)
_helm_clearml_certs() {
    local answer=() line directive candidates=()
    mapfile -t answer < <(helm-clearml-certs __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    for line in "${answer[@]}"; do
        case $line in
            :*) directive=${line#:} ;;
            *) candidates+=("${line%%$'\t'*}") ;;
        esac
    done
    # Bash takes = for the start of a word of its own.
    if [[ ${COMP_WORDS[COMP_CWORD]} != *=* && ${COMP_WORDBREAKS} == *=* && ${COMP_LINE:0:COMP_POINT} == *=* ]]; then
        candidates=("${candidates[@]#*=}")
    fi
    COMPREPLY=("${candidates[@]}")
    ((${directive:-0} & 2)) && compopt -o nospace
    return 0
}
complete -F _helm_clearml_certs helm-clearml-certs
