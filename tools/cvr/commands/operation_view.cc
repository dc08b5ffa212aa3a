#include "tools/cvr/commands/operation_view.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"
#include "tools/cvr/client/output.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

std::string StateText(const v1::Operation& operation) {
  if (!operation.done()) {
    return operation.cancel_requested() ? "being cancelled" : "running";
  }
  if (!operation.has_error()) return "succeeded";
  const auto code = static_cast<absl::StatusCode>(operation.error().code());
  return code == absl::StatusCode::kCancelled ? "cancelled" : "failed";
}

bool IsKnown(const google::protobuf::Any& any) {
  std::string name;
  return google::protobuf::Any::ParseAnyTypeUrl(any.type_url(), &name) &&
         google::protobuf::DescriptorPool::generated_pool()
                 ->FindMessageTypeByName(name) != nullptr;
}

// As JSON; of a type that is not known, its name.
std::string ResultText(const v1::Operation& operation) {
  if (!operation.has_response()) return "";
  if (!IsKnown(operation.response())) return operation.response().type_url();
  return ToJson(operation.response(), /*pretty=*/false);
}

}  // namespace

std::string ProgressText(const v1::Operation& operation) {
  const v1::Operation::Progress& progress = operation.progress();
  std::string text;
  if (progress.done_count() != 0 || progress.total_count() != 0) {
    absl::StrAppend(&text, progress.done_count());
  }
  if (progress.total_count() != 0) {
    absl::StrAppend(&text, " of ", progress.total_count());
  }
  if (progress.done_bytes() != 0) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    SizeText(progress.done_bytes()), " bytes");
  }
  return text;
}

std::string OperationTable(const std::vector<v1::Operation>& operations) {
  TextTable table({{"ID", TextTable::Align::kRight},
                   {"METHOD"},
                   {"GROUP"},
                   {"STATE"},
                   {"PROGRESS"},
                   {"STARTED"},
                   {"ENDED"}});
  for (const v1::Operation& operation : operations) {
    table.AddRow({absl::StrCat(operation.id()), operation.method(),
                  operation.group(), StateText(operation),
                  ProgressText(operation), TimeText(operation.start_time()),
                  TimeText(operation.end_time())});
  }
  return table.ToString();
}

std::string OperationFields(const v1::Operation& operation) {
  FieldTable fields;
  fields.Add("id", absl::StrCat(operation.id()));
  fields.Add("method", operation.method());
  fields.Add("group", operation.group());
  fields.Add("state", StateText(operation));
  fields.Add("progress", ProgressText(operation));
  fields.Add("started", TimeText(operation.start_time()));
  fields.Add("ended", TimeText(operation.end_time()));
  fields.Add("result", ResultText(operation));
  fields.Add("error", operation.error().message());
  fields.Add("request id", operation.request_id());
  return fields.ToString();
}

absl::Status ErrorOf(const v1::Operation& operation) {
  if (!operation.has_error()) return absl::OkStatus();
  const google::rpc::Status& error = operation.error();
  const grpc::Status status(static_cast<grpc::StatusCode>(error.code()),
                            error.message(), error.SerializeAsString());
  return Annotate(FromRpcStatus(status),
                  absl::StrCat("operation ", operation.id(), " failed"));
}

v1::Operation WithKnownTypes(v1::Operation operation) {
  if (operation.has_response() && !IsKnown(operation.response())) {
    operation.clear_response();
  }
  if (operation.has_error()) {
    auto& details = *operation.mutable_error()->mutable_details();
    for (int i = details.size(); i-- > 0;) {
      if (!IsKnown(details[i])) details.DeleteSubrange(i, 1);
    }
  }
  return operation;
}

}  // namespace cvr
