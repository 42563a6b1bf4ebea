# shellcheck shell=bash
# Completes helm-clearml-certs in bash: source <(helm-clearml-certs completion bash)
# For `helm clearml-certs`, have Helm's own: source <(helm completion bash)
_helm_clearml_certs() {
    local answer=() line directive candidates=() words=() word index breaks='' typed rest=${COMP_LINE:0:COMP_POINT}
    # Bash takes = and : for words of their own. What no blank stands before belongs to the word before it.
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if ((index > 0)) && [[ $rest != [[:blank:]]* ]]; then
            ((index < COMP_CWORD)) || word=$rest
            words[${#words[@]} - 1]+=$word
        else
            rest=${rest#"${rest%%[![:blank:]]*}"}
            ((index < COMP_CWORD)) || word=$rest
            words+=("$word")
        fi
        rest=${rest#"$word"}
    done
    typed=${words[${#words[@]} - 1]}
    mapfile -t answer < <(helm-clearml-certs __complete "${words[@]:1}" 2>/dev/null)
    for line in "${answer[@]}"; do
        case $line in
            :*) directive=${line#:} ;;
            *) candidates+=("${line%%$'\t'*}") ;;
        esac
    done
    # It puts in what stands behind the last of them.
    [[ $COMP_WORDBREAKS != *=* ]] || breaks+='='
    [[ $COMP_WORDBREAKS != *:* ]] || breaks+=':'
    [[ -z $breaks ]] || candidates=("${candidates[@]#"${typed%"${typed##*["$breaks"]}"}"}")
    COMPREPLY=("${candidates[@]}")
    ((${directive:-0} & 2)) && compopt -o nospace
    return 0
}
complete -F _helm_clearml_certs helm-clearml-certs
