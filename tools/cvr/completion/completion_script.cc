#include "tools/cvr/completion/completion_script.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "tools/cvr/completion/completion_tree.h"

namespace cvr {
namespace {

// Bash and zsh first walk the words before the one that is completed: `at` is
// the command that they are in, and options take their values with them.
constexpr char kBash[] =
    R"(# bash completion for cvr, printed by: cvr completion bash
_cvr() {
  local at=cvr previous= word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == "=" ]]; then
      continue
    elif [[ -n $previous ]]; then
      previous=
    elif _cvr_takes_value "$at" "$word"; then
      previous=$word
    else
      case "$at $word" in
$TRANSITIONS
      esac
    fi
  done
  local current=${COMP_WORDS[COMP_CWORD]}
  [[ $current == "=" ]] && current=
  if [[ -n $previous ]]; then
    case "$previous" in
$VALUES
    esac
    return
  fi
  local words=
  case "$at" in
$WORDS
  esac
  [[ $current == -* ]] && words+=" $GLOBAL"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}

_cvr_takes_value() {
  case "$2" in
    $GLOBAL_TAKING) return 0 ;;
  esac
  case "$1 $2" in
$TAKING
  esac
  return 1
}

complete -F _cvr cvr
)";

constexpr char kZsh[] = R"(#compdef cvr
# zsh completion for cvr, printed by: cvr completion zsh
_cvr() {
  local at=cvr previous= word
  local -i i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ -n $previous ]]; then
      previous=
    elif _cvr_takes_value "$at" "$word"; then
      previous=$word
    else
      case "$at $word" in
$TRANSITIONS
      esac
    fi
  done
  if [[ -n $previous ]]; then
    case "$previous" in
$VALUES
    esac
    return
  fi
  case "$at" in
$WORDS
  esac
  if [[ ${words[CURRENT]} == -* ]]; then
    options+=(
$GLOBAL
    )
    _describe -o 'option' options
  else
    _describe 'command' commands
  fi
}

_cvr_takes_value() {
  case "$2" in
    $GLOBAL_TAKING) return 0 ;;
  esac
  case "$1 $2" in
$TAKING
  esac
  return 1
}

if [[ ${funcstack[1]} == _cvr ]]; then
  _cvr "$@"
elif (( $+functions[compdef] )); then
  compdef _cvr cvr
fi
)";

constexpr char kFish[] =
    R"(# fish completion for cvr, printed by: cvr completion fish
function __cvr_at
    set -l at cvr
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        if __cvr_takes_value $at $word
            set skip 1
            continue
        end
        switch "$at $word"
$TRANSITIONS
        end
    end
    echo $at
end

function __cvr_takes_value
    switch $argv[-1]
        case $GLOBAL_TAKING
            return 0
    end
    switch "$argv"
$TAKING
    end
    return 1
end

complete -c cvr -f
$COMPLETIONS
)";

std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string OptionNames(const CompletionCommand& command) {
  return absl::StrJoin(command.options, " ",
                       [](std::string* out, const CompletionOption& option) {
                         absl::StrAppend(out, absl::StrJoin(option.names, " "));
                       });
}

// Names of its options that take a value, each after `before`.
std::vector<std::string> Taking(const CompletionCommand& command,
                                const std::string& before) {
  std::vector<std::string> names;
  for (const CompletionOption& option : command.options) {
    if (!option.takes_value) continue;
    for (const std::string& name : option.names) {
      names.push_back(absl::StrCat(before, name));
    }
  }
  return names;
}

// What both bash and zsh have: the table of commands, and of the options of
// commands that take a value.
std::string WithTables(absl::string_view script,
                       const CompletionCommand& root) {
  std::string transitions;
  std::string taking;
  for (const CompletionCommand* const command : AllCommands(root)) {
    if (command == &root) continue;
    absl::StrAppend(&transitions, "        ", Quoted(command->path),
                    ") at=", Quoted(command->path), " ;;\n");
    for (const std::string& name :
         Taking(*command, absl::StrCat(command->path, " "))) {
      absl::StrAppend(&taking, "    ", Quoted(name), ") return 0 ;;\n");
    }
  }
  // `cvr help` completes commands, as `cvr` does.
  transitions = absl::StrReplaceAll(
      transitions, {{"'cvr help') at='cvr help'", "'cvr help') at='cvr'"}});
  return absl::StrReplaceAll(
      script, {{"$TRANSITIONS\n", transitions},
               {"$TAKING\n", taking},
               {"$GLOBAL_TAKING", absl::StrJoin(Taking(root, ""), "|")}});
}

// A line of `case "$previous"` for each option whose values are known.
std::string Values(const CompletionCommand& root, absl::string_view files,
                   absl::string_view words) {
  std::string lines;
  for (const CompletionCommand* const command : AllCommands(root)) {
    for (const CompletionOption& option : command->options) {
      if (!option.takes_file && option.values.empty()) continue;
      const std::string line = absl::StrCat(
          "      ", absl::StrJoin(option.names, "|"), ") ",
          option.takes_file
              ? std::string(files)
              : absl::StrReplaceAll(
                    words, {{"$WORDS", absl::StrJoin(option.values, " ")}}),
          " ;;\n");
      if (lines.find(line) == std::string::npos) lines += line;
    }
  }
  return lines;
}

std::string CommandWords(const CompletionCommand& command) {
  std::vector<std::string> words = command.arguments;
  for (const CompletionCommand& sub : command.commands) {
    words.push_back(sub.name);
  }
  return absl::StrJoin(words, " ");
}

// `'create:Make a group'`.
std::string Described(absl::string_view name, absl::string_view description) {
  return Quoted(absl::StrCat(absl::StrReplaceAll(name, {{":", "\\:"}}), ":",
                             description));
}

std::string DescribedOptions(const CompletionCommand& command) {
  std::string lines;
  for (const CompletionOption& option : command.options) {
    for (const std::string& name : option.names) {
      absl::StrAppend(&lines, "      ", Described(name, option.description),
                      "\n");
    }
  }
  return lines;
}

// `complete` lines of fish for an option; `when` is a condition or empty.
std::string FishOption(const CompletionOption& option,
                       const std::string& when) {
  std::string line = absl::StrCat("complete -c cvr", when);
  for (const std::string& name : option.names) {
    const bool is_long = name.size() > 2;
    absl::StrAppend(&line, is_long ? " -l " : " -s ",
                    name.substr(is_long ? 2 : 1));
  }
  if (option.takes_value) line += " -r";
  if (option.takes_file) line += " -F";
  if (!option.values.empty()) {
    absl::StrAppend(&line, " -a ", Quoted(absl::StrJoin(option.values, " ")));
  }
  return absl::StrCat(line, " -d ", Quoted(option.description), "\n");
}

std::string FishCompletions(const CompletionCommand& root) {
  std::string lines;
  for (const CompletionCommand* const command : AllCommands(root)) {
    const std::string when =
        absl::StrCat(" -n 'test \"$(__cvr_at)\" = \"", command->path, "\"'");
    for (const CompletionCommand& sub : command->commands) {
      absl::StrAppend(&lines, "complete -c cvr", when, " -a ", sub.name, " -d ",
                      Quoted(sub.description), "\n");
    }
    for (const std::string& word : command->arguments) {
      absl::StrAppend(&lines, "complete -c cvr", when, " -a ", word, "\n");
    }
    for (const CompletionOption& option : command->options) {
      lines += FishOption(option, command == &root ? "" : when);
    }
  }
  return lines;
}

}  // namespace

std::string BashCompletion(CLI::App& app) {
  const CompletionCommand root = ToCompletionTree(app);
  std::string words;
  for (const CompletionCommand* const command : AllCommands(root)) {
    absl::StrAppend(&words, "    ", Quoted(command->path),
                    ")\n      words=", Quoted(CommandWords(*command)),
                    "\n      [[ $current == -* ",
                    "]] && words=", Quoted(OptionNames(*command)), " ;;\n");
  }
  return absl::StrReplaceAll(
      WithTables(kBash, root),
      {{"$VALUES\n",
        Values(root, "COMPREPLY=($(compgen -f -- \"$current\"))",
               "COMPREPLY=($(compgen -W \"$WORDS\" -- \"$current\"))")},
       {"$WORDS\n", words},
       {"$GLOBAL", OptionNames(root)}});
}

std::string ZshCompletion(CLI::App& app) {
  const CompletionCommand root = ToCompletionTree(app);
  std::string words;
  for (const CompletionCommand* const command : AllCommands(root)) {
    absl::StrAppend(&words, "    ", Quoted(command->path), ")\n");
    absl::StrAppend(&words, "      commands=(\n");
    for (const CompletionCommand& sub : command->commands) {
      absl::StrAppend(&words, "      ", Described(sub.name, sub.description),
                      "\n");
    }
    for (const std::string& word : command->arguments) {
      absl::StrAppend(&words, "      ", Quoted(word), "\n");
    }
    absl::StrAppend(&words, "      )\n      options=(\n",
                    command == &root ? "" : DescribedOptions(*command),
                    "      ) ;;\n");
  }
  return absl::StrReplaceAll(
      WithTables(kZsh, root),
      {{"$VALUES\n", Values(root, "_files", "compadd -- $WORDS")},
       {"$WORDS\n", words},
       {"$GLOBAL\n", DescribedOptions(root)}});
}

std::string FishCompletion(CLI::App& app) {
  const CompletionCommand root = ToCompletionTree(app);
  std::string transitions;
  std::string taking;
  for (const CompletionCommand* const command : AllCommands(root)) {
    if (command == &root) continue;
    absl::StrAppend(&transitions, "            case ", Quoted(command->path),
                    "\n                set at ",
                    Quoted(command->path == "cvr help" ? "cvr" : command->path),
                    "\n");
    for (const std::string& name :
         Taking(*command, absl::StrCat(command->path, " "))) {
      absl::StrAppend(&taking, "        case ", Quoted(name),
                      "\n            return 0\n");
    }
  }
  return absl::StrReplaceAll(
      kFish, {{"$TRANSITIONS\n", transitions},
              {"$TAKING\n", taking},
              {"$GLOBAL_TAKING", absl::StrJoin(Taking(root, ""), " ")},
              {"$COMPLETIONS\n", FishCompletions(root)}});
}

}  // namespace cvr
