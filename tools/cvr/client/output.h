#ifndef TOOLS_CVR_CLIENT_OUTPUT_H_
#define TOOLS_CVR_CLIENT_OUTPUT_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace cvr {

enum class OutputFormat {
  kTable,  // For people.
  kJson,   // For programs: protobuf's JSON with the names of the .proto files.
};

// `message` as it is printed for programs: on one line, unless `pretty`, with
// empty fields. Sensitive fields (see annotations.proto) are left out, and so
// are fields that this program does not know.
std::string ToJson(const google::protobuf::Message& message, bool pretty);

// Prints what a command found. Not thread-safe.
class Output {
 public:
  // `out` outlives it.
  Output(std::ostream& out, OutputFormat format) : out_(out), format_(format) {}

  // As `as_table` of all items, or as one JSON array.
  template <typename Item>
  void PrintList(const std::vector<Item>& items,
                 std::string (*as_table)(const std::vector<Item>&)) {
    if (format_ == OutputFormat::kTable) {
      out_ << as_table(items);
      return;
    }
    std::vector<const google::protobuf::Message*> messages;
    for (const Item& item : items) messages.push_back(&item);
    PrintJsonArray(messages);
  }

  // As `as_fields` of the item, or as one JSON object.
  template <typename Item>
  void PrintObject(const Item& item, std::string (*as_fields)(const Item&)) {
    if (format_ == OutputFormat::kTable) {
      out_ << as_fields(item);
    } else {
      PrintJsonObject(item);
    }
  }

  // The same of an answer that tells a secret this one time, with the secret.
  template <typename Item>
  void PrintNewSecret(const Item& item, std::string (*as_fields)(const Item&)) {
    if (format_ == OutputFormat::kTable) {
      out_ << as_fields(item);
    } else {
      PrintJsonWithSecrets(item);
    }
  }

  // A sentence for people; nothing for programs.
  void PrintNote(absl::string_view sentence);

  // What is no list and no single message: `text` for people, `json` for
  // programs, both with the line break at their end.
  void Print(absl::string_view text, absl::string_view json) {
    out_ << (for_people() ? text : json);
  }

  bool for_people() const { return format_ == OutputFormat::kTable; }
  std::ostream& stream() { return out_; }

 private:
  void PrintJsonArray(
      const std::vector<const google::protobuf::Message*>& messages);
  void PrintJsonObject(const google::protobuf::Message& message);
  void PrintJsonWithSecrets(const google::protobuf::Message& message);

  std::ostream& out_;
  const OutputFormat format_;
};

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_OUTPUT_H_
