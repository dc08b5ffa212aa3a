#include "services/process/server_flags.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "services/common/status_macros.h"
#include "services/process/nearest_word.h"

namespace cvr {
namespace {

using absl::CommandLineFlag;

// How deep flag files may name others: enough for people, and an end to those
// that name themselves.
constexpr int kFlagFileDepthMax = 8;

// Not those of libraries.
bool IsOurs(const CommandLineFlag& flag) {
  const std::string file = flag.Filename();
  return absl::StrContains(file, "services/") ||
         absl::StrContains(file, "gateway/");
}

std::vector<std::string> OurFlags() {
  std::vector<std::string> names;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (IsOurs(*flag)) names.emplace_back(name);
  }
  absl::c_sort(names);
  return names;
}

CommandLineFlag* FindFlag(absl::string_view name) {
  CommandLineFlag* const flag = absl::FindCommandLineFlag(name);
  return flag != nullptr && IsOurs(*flag) && !flag->IsRetired() ? flag
                                                                : nullptr;
}

std::string WithUnderscores(absl::string_view name) {
  return absl::StrReplaceAll(name, {{"-", "_"}});
}

// `7d` in hours; all else as it is.
std::string DurationInHours(absl::string_view value) {
  uint32_t days = 0;
  absl::string_view number = value;
  if (absl::ConsumeSuffix(&number, "d") && absl::SimpleAtoi(number, &days)) {
    return absl::StrCat(uint64_t{days} * 24, "h");
  }
  return std::string(value);
}

// Why `value` is none for `flag`, when Abseil has said `error`.
std::string WhyNot(const CommandLineFlag& flag, absl::string_view value,
                   std::string error) {
  double number = 0;
  if (flag.IsOfType<absl::Duration>()) {
    return absl::SimpleAtod(value, &number)
               ? absl::StrCat("a duration needs a unit, such as ", value, "s")
               : "not a valid duration: expected a number with a unit, such as "
                 "5s, 90m, 1h30m or 7d";
  }
  if (flag.IsOfType<bool>()) return "not a valid switch (true, false)";
  if (flag.IsOfType<int>() || flag.IsOfType<int64_t>() ||
      flag.IsOfType<uint64_t>()) {
    return "not an integer in the valid range";
  }
  if (flag.IsOfType<double>()) return "not a number";
  // Abseil repeats the flag and the value before what the type says.
  const size_t own = error.find("; ");
  if (own != error.npos) error.erase(0, own + 2);
  return error.empty() ? "not a valid value of this flag" : error;
}

class Reader {
 public:
  absl::StatusOr<ServerArguments> Read(const std::vector<std::string>& args) {
    RETURN_IF_ERROR(ReadAll(args, /*depth=*/0));
    return std::move(read_);
  }

 private:
  // A flag as it was written.
  struct Written {
    std::string name;  // With its dashes.
    std::string key;   // As absl/flags knows it.
    bool has_value = false;
    std::string value;
  };

  static Written Split(const std::string& argument) {
    Written written;
    const size_t equals = argument.find('=');
    written.name = argument.substr(0, equals);
    written.has_value = equals != std::string::npos;
    if (written.has_value) written.value = argument.substr(equals + 1);
    absl::string_view key = written.name;
    absl::ConsumePrefix(&key, "-");
    absl::ConsumePrefix(&key, "-");
    written.key = WithUnderscores(key);
    return written;
  }

  absl::Status ReadAll(const std::vector<std::string>& args, int depth) {
    for (size_t i = 0; i < args.size(); ++i) {
      if (args[i].size() < 2 || args[i][0] != '-' || args[i] == "--") {
        RETURN_IF_ERROR(ReadWord(args[i]));
        continue;
      }
      Written written = Split(args[i]);
      if (ReadCommon(written)) continue;
      if (written.key == "flagfile") {
        RETURN_IF_ERROR(TakeValue(written, args, i));
        RETURN_IF_ERROR(ReadFlagFiles(written, depth + 1));
        continue;
      }
      CommandLineFlag* flag = FindFlag(written.key);
      if (flag == nullptr) {
        RETURN_IF_ERROR(ReadNegated(written));
        continue;
      }
      if (flag->IsOfType<bool>()) {
        if (!written.has_value) written.value = "true";
      } else {
        RETURN_IF_ERROR(TakeValue(written, args, i));
      }
      RETURN_IF_ERROR(Set(*flag, written));
    }
    return absl::OkStatus();
  }

  // `cvr-gateway help` is what many type first.
  absl::Status ReadWord(const std::string& word) {
    if (word == "--") return absl::OkStatus();
    if (word == "help") {
      read_.help = true;
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown argument '", word, "' (flags start with --; see --help)"));
  }

  bool ReadCommon(const Written& written) {
    const std::string& key = written.key;
    if (key == "help" || key == "h" || key == "helpfull")
      read_.help = true;
    else if (key == "version" || written.name == "-V")
      read_.version = true;
    else
      return false;
    return true;
  }

  static absl::Status TakeValue(Written& written,
                                const std::vector<std::string>& args,
                                size_t& i) {
    if (written.has_value) return absl::OkStatus();
    if (i + 1 == args.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(written.name, ": a value is missing, as in ",
                       written.name, "=VALUE"));
    }
    written.value = args[++i];
    return absl::OkStatus();
  }

  absl::Status ReadNegated(Written written) {
    absl::string_view key = written.key;
    if (absl::ConsumePrefix(&key, "no")) {
      absl::ConsumePrefix(&key, "_");
      CommandLineFlag* const flag = FindFlag(key);
      if (flag != nullptr && flag->IsOfType<bool>() && !written.has_value) {
        written.value = "false";
        return Set(*flag, written);
      }
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown flag ", written.name,
        DidYouMean(written.key, OurFlags(), "--"), " (see --help)"));
  }

  absl::Status Set(CommandLineFlag& flag, const Written& written) {
    const std::string value = flag.IsOfType<absl::Duration>()
                                  ? DurationInHours(written.value)
                                  : written.value;
    std::string error;
    if (!flag.ParseFrom(value, &error)) {
      return absl::InvalidArgumentError(
          absl::StrCat(written.name, "=", written.value, ": ",
                       WhyNot(flag, written.value, error)));
    }
    read_.flags.push_back(absl::StrCat("--", flag.Name(), "=", value));
    return absl::OkStatus();
  }

  absl::Status ReadFlagFiles(const Written& written, int depth) {
    for (const absl::string_view path : absl::StrSplit(written.value, ',')) {
      const auto error = [&](absl::string_view what) {
        return absl::InvalidArgumentError(
            absl::StrCat(written.name, "=", path, ": ", what));
      };
      if (depth > kFlagFileDepthMax) return error("flag files name each other");
      std::ifstream file{std::string(path)};
      if (!file) return error("cannot be read");
      std::vector<std::string> lines;
      for (std::string line; std::getline(file, line);) {
        const absl::string_view flag = absl::StripAsciiWhitespace(line);
        if (flag.empty() || flag[0] == '#') continue;
        lines.emplace_back(flag);
      }
      const absl::Status status = ReadAll(lines, depth);
      if (!status.ok()) return error(status.message());
    }
    return absl::OkStatus();
  }

  ServerArguments read_;
};

}  // namespace

absl::StatusOr<ServerArguments> ReadServerArguments(
    const std::vector<std::string>& args) {
  return Reader().Read(args);
}

}  // namespace cvr
