#include "tools/cvr/client/former_names.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tools/cvr/client/resource_name.h"

namespace cvr {
namespace {

std::string Folded(absl::string_view name) {
  return absl::StrReplaceAll(name, {{"_", "-"}});
}

const CLI::App* FindCommand(const CLI::App& app, const std::string& name) {
  const auto found = app.get_subcommands(
      [&name](const CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

// Reads the words of one command line from front to back.
class Translator {
 public:
  Translator(const CLI::App& root, const std::vector<std::string>& words,
             const std::vector<FormerNames>& names)
      : names_(names), words_(words), commands_{&root} {}

  NamesOfNow Translate() {
    while (next_ < words_.size()) {
      const std::string& word = words_[next_];
      if (word == "--") break;
      if (word.size() > 1 && word.front() == '-') {
        Option(word);
      } else {
        Word(word);
      }
    }
    for (; next_ < words_.size(); ++next_) Put(words_[next_]);
    return std::move(result_);
  }

 private:
  void Put(std::string word) { result_.words.push_back(std::move(word)); }

  void Note(std::string sentence) {
    auto& notes = result_.notes;
    if (std::find(notes.begin(), notes.end(), sentence) == notes.end()) {
      notes.push_back(std::move(sentence));
    }
  }

  std::string Path() const { return absl::StrJoin(path_, " "); }

  // A command, a former one, or a value.
  void Word(const std::string& word) {
    const CLI::App* const command = FindCommand(*commands_.back(), word);
    if (command == nullptr && (is_lost_ || !TakesCommand())) {
      Put(word);
      ++next_;
      return;
    }
    if (command == nullptr || IsFormerWithNext(word)) {
      if (FormerCommand(word)) return;
    }
    if (command == nullptr && !IsId(word)) is_lost_ = true;
    if (command == nullptr && IsId(word)) FormerCommandWithId();
    if (command != nullptr) Enter(*command, word);
    Put(word);
    ++next_;
  }

  // The last command that was typed has commands of its own.
  bool TakesCommand() const {
    return !commands_.back()
                ->get_subcommands([](const auto*) { return true; })
                .empty();
  }

  void Enter(const CLI::App& command, const std::string& word) {
    commands_.push_back(&command);
    path_.push_back(word);
    command_words_.push_back(result_.words.size());
  }

  // Whether `word` and the next are a former command together.
  bool IsFormerWithNext(const std::string& word) const {
    return next_ + 1 < words_.size() &&
           FindFormer({word, words_[next_ + 1]}) != nullptr;
  }

  const FormerNames* FindFormer(const std::vector<std::string>& more) const {
    std::vector<std::string> path = path_;
    path.insert(path.end(), more.begin(), more.end());
    const std::string typed = absl::StrJoin(path, " ");
    for (const FormerNames& names : names_) {
      for (const char* const former : names.former_commands) {
        if (typed == former) return &names;
      }
    }
    return nullptr;
  }

  // Puts the command of now in the place of a former one that ends with `word`
  // or the word after it.
  bool FormerCommand(const std::string& word) {
    std::vector<std::string> more = {word};
    if (IsFormerWithNext(word)) more.push_back(words_[next_ + 1]);
    const FormerNames* const names = FindFormer(more);
    if (names == nullptr) return false;
    std::vector<std::string> typed = path_;
    typed.insert(typed.end(), more.begin(), more.end());
    Replace(absl::StrJoin(typed, " "), *names);
    next_ += more.size();
    return true;
  }

  // The same for a command that took an ID where it has commands of its own
  // now. The ID is still to be read.
  void FormerCommandWithId() {
    const FormerNames* const names = FindFormer({"ID"});
    if (names != nullptr) Replace(Path(), *names);
  }

  // Puts the command of now in the place of the commands so far.
  void Replace(const std::string& typed, const FormerNames& names) {
    Note(absl::StrCat("cvr ", typed, " is now cvr ", names.command));
    for (size_t i = command_words_.size(); i-- > 0;) {
      result_.words.erase(result_.words.begin() +
                          static_cast<ptrdiff_t>(command_words_[i]));
    }
    command_words_.clear();
    path_.clear();
    commands_.resize(1);
    for (const absl::string_view part : absl::StrSplit(names.command, ' ')) {
      const std::string name(part);
      const CLI::App* const command = FindCommand(*commands_.back(), name);
      if (command != nullptr) Enter(*command, name);
      Put(name);
    }
  }

  void Option(const std::string& word) {
    const size_t end = std::min(word.find('='), word.size());
    const std::string name = word.substr(0, end);
    const bool has_value = end < word.size();
    const RenamedOption* const former = FindFormerOption(name);
    ++next_;
    if (former == nullptr) {
      Put(word);
      if (has_value || !TakesValue(name) || next_ >= words_.size()) return;
      Put(words_[next_++]);
      return;
    }
    std::string value = has_value ? word.substr(end + 1) : "";
    if (former->takes_value && !has_value && next_ < words_.size()) {
      value = words_[next_++];
    }
    PutOption(name, *former, has_value, value);
  }

  void PutOption(const std::string& name, const RenamedOption& former,
                 bool with_equals_sign, const std::string& value) {
    if (*former.now == '\0') {
      Note(absl::StrCat(name, " is ignored: ", former.why));
      return;
    }
    if (!former.takes_value) {
      Note(absl::StrCat(name, " is now ", former.now));
      Put(former.now);
      return;
    }
    const bool changes = former.value_now != nullptr;
    const std::string value_now = changes ? former.value_now(value) : value;
    if (value_now != value) {
      Note(absl::StrCat(name, " ", value, " is now ", former.now, " ",
                        value_now));
    } else if (name != former.now) {
      Note(absl::StrCat(name, " is now ", former.now));
    }
    // The parser takes `--name=` for one whose value is the next word.
    if (with_equals_sign && !value_now.empty()) {
      Put(absl::StrCat(former.now, "=", value_now));
    } else {
      Put(former.now);
      Put(value_now);
    }
  }

  // A former name as it stood; else an option of now; else a former name in
  // another spelling.
  const RenamedOption* FindFormerOption(const std::string& name) const {
    for (const bool folded : {false, true}) {
      if (folded && FindOption(name) != nullptr) return nullptr;
      for (const FormerNames& names : names_) {
        if (*names.command != '\0' && names.command != Path()) continue;
        for (const RenamedOption& option : names.options) {
          if (folded ? Folded(option.former) == Folded(name)
                     : option.former == name) {
            return &option;
          }
        }
      }
    }
    return nullptr;
  }

  // Of the command that was typed last, or of one above it.
  const CLI::Option* FindOption(const std::string& name) const {
    for (auto it = commands_.rbegin(); it != commands_.rend(); ++it) {
      for (const CLI::Option* const option : (*it)->get_options()) {
        if (option->check_name(name)) return option;
        for (const std::string& known : option->get_lnames()) {
          if (absl::StartsWith(name, "--") &&
              Folded(known) == Folded(name.substr(2))) {
            return option;
          }
        }
      }
    }
    return nullptr;
  }

  bool TakesValue(const std::string& name) const {
    const CLI::Option* const option = FindOption(name);
    return option != nullptr && option->get_expected_min() > 0 &&
           option->get_type_size() != 0;
  }

  const std::vector<FormerNames>& names_;
  const std::vector<std::string>& words_;
  size_t next_ = 0;
  bool is_lost_ = false;  // After a word that is no command.
  // The commands that were typed, in the names of now, and where they stand in
  // the result.
  std::vector<const CLI::App*> commands_;
  std::vector<std::string> path_;
  std::vector<size_t> command_words_;
  NamesOfNow result_;
};

}  // namespace

NamesOfNow WithNamesOfNow(const CLI::App& root,
                          const std::vector<std::string>& words,
                          const std::vector<FormerNames>& names) {
  return Translator(root, words, names).Translate();
}

}  // namespace cvr
