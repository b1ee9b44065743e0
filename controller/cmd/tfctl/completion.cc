#include <string>
#include <string_view>
#include <utility>

#include "controller/cmd/tfctl/offline.h"
#include "controller/cmd/tfctl/resource.h"
#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {
namespace {

// Names of objects come from `tfctl get KIND -o name`, so that they are those of the controller that the flags and the
// environment name. A controller that does not answer completes nothing.
constexpr std::string_view kVerbs =
    "get describe diff why events logs sync wait suspend resume stop start retry rollback unpin deploy promote fire "
    "replay rotate approve validate import explain completion version";

constexpr std::string_view kBash = R"script(# tfctl completion for bash: source <(tfctl completion bash)
_tfctl_names() {
  tfctl get "$1" -o name 2>/dev/null | sed 's|^[^/]*/||'
}

_tfctl() {
  local current=${COMP_WORDS[COMP_CWORD]} verb="" kind="" i
  local verbs="@VERBS@"
  local kinds="@KINDS@"
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --api-socket | --server | --token-file | -o | --output | -l | --selector | --sort-by | --for | --timeout | --tail | --since | --to | --grace | -f)
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
    events | diff) COMPREPLY=($(compgen -W "$(_tfctl_names workloads)" -- "$current")) ;;
    why | logs | suspend | resume | stop | start | retry | rollback | unpin | deploy | promote)
      if [[ -z $kind ]]; then COMPREPLY=($(compgen -W "$(_tfctl_names workloads)" -- "$current")); fi ;;
    fire | rotate) if [[ -z $kind ]]; then COMPREPLY=($(compgen -W "$(_tfctl_names triggers)" -- "$current")); fi ;;
    replay) if [[ -z $kind ]]; then COMPREPLY=($(compgen -W "$(_tfctl_names deliveries)" -- "$current")); fi ;;
    approve)
      if [[ -z $kind ]]; then
        COMPREPLY=($(compgen -W "deletions promotion" -- "$current"))
      elif [[ $kind == promotion ]]; then
        COMPREPLY=($(compgen -W "$(_tfctl_names workloads)" -- "$current"))
      else
        COMPREPLY=($(compgen -W "$(tfctl get repository -o 'jsonpath={.status.revision}' 2>/dev/null)" -- "$current"))
      fi ;;
    validate) COMPREPLY=($(compgen -f -- "$current")) ;;
    import)
      if [[ -z $kind ]]; then
        COMPREPLY=($(compgen -W "compose" -- "$current"))
      else
        COMPREPLY=($(compgen -f -- "$current"))
      fi ;;
    explain) COMPREPLY=($(compgen -W "Workload Trigger Binding Secret" -- "$current")) ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$current")) ;;
  esac
}
complete -F _tfctl tfctl
)script";

constexpr std::string_view kZshHead = R"script(#compdef tfctl
# tfctl completion for zsh: source <(tfctl completion zsh)
autoload -U +X bashcompinit && bashcompinit
)script";

constexpr std::string_view kFish = R"script(# tfctl completion for fish: tfctl completion fish | source
set -l verbs @VERBS@
set -l kinds @KINDS@ all

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
complete -c tfctl -n "__fish_seen_subcommand_from why logs events diff suspend resume stop start retry rollback unpin deploy promote" -a "(__tfctl_names workloads)"
complete -c tfctl -n "__fish_seen_subcommand_from fire rotate" -a "(__tfctl_names triggers)"
complete -c tfctl -n "__fish_seen_subcommand_from replay" -a "(__tfctl_names deliveries)"
complete -c tfctl -n "__fish_seen_subcommand_from fire replay" -l wait
complete -c tfctl -n "__fish_seen_subcommand_from approve; and not __fish_seen_subcommand_from deletions promotion" -a "deletions promotion"
complete -c tfctl -n "__fish_seen_subcommand_from approve; and __fish_seen_subcommand_from promotion" -a "(__tfctl_names workloads)"
complete -c tfctl -n "__fish_seen_subcommand_from validate" -F
complete -c tfctl -n "__fish_seen_subcommand_from import; and not __fish_seen_subcommand_from compose" -a compose
complete -c tfctl -n "__fish_seen_subcommand_from import; and __fish_seen_subcommand_from compose" -F
complete -c tfctl -n "__fish_seen_subcommand_from explain" -a "Workload Trigger Binding Secret"
complete -c tfctl -n "__fish_seen_subcommand_from completion" -a "bash zsh fish"
complete -c tfctl -n "__fish_seen_subcommand_from get describe" -s o -l output -x -a "wide json yaml name jsonpath="
)script";

std::string Kinds() {
  std::string list;
  for (const Resource& resource : Resources()) {
    const bool one = resource.kind == ResourceKind::Repository;
    list.append(list.empty() ? "" : " ").append(one ? resource.name : resource.plural);
  }
  return list;
}

// The script with its lists filled in.
std::string Filled(std::string_view script) {
  std::string text(script);
  for (const auto& [mark, list] : {std::pair<std::string_view, std::string>("@VERBS@", kVerbs), {"@KINDS@", Kinds()}})
    text.replace(text.find(mark), mark.size(), list);
  return text;
}

}  // namespace

int Completion(const Terminal& terminal, const std::string& shell) {
  if (shell == "bash") {
    terminal.out << Filled(kBash);
  } else if (shell == "zsh") {
    terminal.out << kZshHead << Filled(kBash);
  } else if (shell == "fish") {
    terminal.out << Filled(kFish);
  } else {
    return Report(terminal, {ErrorKind::Invalid, "completion is known for bash, zsh and fish"});
  }
  return kDone;
}

}  // namespace tinyforge::tfctl
