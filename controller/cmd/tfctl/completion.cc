#include "controller/cmd/tfctl/offline.h"
#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {
namespace {

// Names of objects come from `tfctl get KIND -o name`, so that they are those of the controller that the flags and the
// environment name. A controller that does not answer completes nothing.
constexpr const char* kBash = R"script(# tfctl completion for bash: source <(tfctl completion bash)
_tfctl_names() {
  tfctl get "$1" -o name 2>/dev/null | sed 's|^[^/]*/||'
}

_tfctl() {
  local current=${COMP_WORDS[COMP_CWORD]} verb="" kind="" i
  local verbs="get describe diff why events logs sync wait approve validate explain completion version"
  local kinds="workloads triggers bindings secrets containers events repository"
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --api-socket | --server | --token-file | -o | --output | -l | --selector | --sort-by | --for | --timeout | --tail | --since | -f)
        [[ ${COMP_WORDS[i]} == -f && $verb == logs ]] || ((i++)) ;;
      -*) ;;
      *)
        if [[ -z $verb ]]; then verb=${COMP_WORDS[i]}; elif [[ -z $kind ]]; then kind=${COMP_WORDS[i]}; fi ;;
    esac
  done
  case ${COMP_WORDS[COMP_CWORD-1]} in
    -o | --output) COMPREPLY=($(compgen -W "wide json yaml name jsonpath=" -- "$current")); return ;;
    --api-socket | --token-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    -f) if [[ $verb == diff ]]; then COMPREPLY=($(compgen -d -- "$current")); return; fi ;;
  esac
  case $verb in
    "") COMPREPLY=($(compgen -W "$verbs" -- "$current")) ;;
    get | describe | wait)
      if [[ -z $kind ]]; then
        COMPREPLY=($(compgen -W "$kinds all" -- "$current"))
      else
        COMPREPLY=($(compgen -W "$(_tfctl_names "$kind")" -- "$current"))
      fi ;;
    why | logs | events | diff) COMPREPLY=($(compgen -W "$(_tfctl_names workloads)" -- "$current")) ;;
    validate) COMPREPLY=($(compgen -f -- "$current")) ;;
    explain) COMPREPLY=($(compgen -W "Workload Trigger Binding Secret" -- "$current")) ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$current")) ;;
  esac
}
complete -F _tfctl tfctl
)script";

constexpr const char* kZshHead = R"script(#compdef tfctl
# tfctl completion for zsh: source <(tfctl completion zsh)
autoload -U +X bashcompinit && bashcompinit
)script";

constexpr const char* kFish = R"script(# tfctl completion for fish: tfctl completion fish | source
set -l verbs get describe diff why events logs sync wait approve validate explain completion version
set -l kinds workloads triggers bindings secrets containers events repository all

function __tfctl_names
    tfctl get $argv[1] -o name 2>/dev/null | string replace -r '^[^/]*/' ''
end

function __tfctl_names_of_kind
    set -l words (commandline -opc)
    __tfctl_names $words[3]
end

complete -c tfctl -f
complete -c tfctl -n "not __fish_seen_subcommand_from $verbs" -a "$verbs"
complete -c tfctl -n "__fish_seen_subcommand_from get describe wait; and not __fish_seen_subcommand_from $kinds" -a "$kinds"
complete -c tfctl -n "__fish_seen_subcommand_from get describe wait; and __fish_seen_subcommand_from $kinds" -a "(__tfctl_names_of_kind)"
complete -c tfctl -n "__fish_seen_subcommand_from why logs events diff" -a "(__tfctl_names workloads)"
complete -c tfctl -n "__fish_seen_subcommand_from validate" -F
complete -c tfctl -n "__fish_seen_subcommand_from explain" -a "Workload Trigger Binding Secret"
complete -c tfctl -n "__fish_seen_subcommand_from completion" -a "bash zsh fish"
complete -c tfctl -n "__fish_seen_subcommand_from get describe" -s o -l output -x -a "wide json yaml name jsonpath="
)script";

}  // namespace

int Completion(const Terminal& terminal, const std::string& shell) {
  if (shell == "bash") {
    terminal.out << kBash;
  } else if (shell == "zsh") {
    terminal.out << kZshHead << kBash;
  } else if (shell == "fish") {
    terminal.out << kFish;
  } else {
    return Report(terminal, {ErrorKind::Invalid, "completion is known for bash, zsh and fish"});
  }
  return kDone;
}

}  // namespace tinyforge::tfctl
