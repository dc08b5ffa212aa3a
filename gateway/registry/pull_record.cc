#include "gateway/registry/pull_record.h"

#include <utility>
#include <variant>

namespace cvr {

namespace {

void Fill(const ContentRoute& route, bool is_head, PullRecord& record) {
  const ContentRef& content = route.content;
  record.event = is_head ? "Head" : "Pull";
  record.registry_id = route.registry_id;
  record.repository = content.repository.name();
  record.kind = content.kind == ContentKind::kBlob ? "blob" : "manifest";
  record.reference = content.reference.ToString();
}

std::string RegistryPathOf(const Route& route) {
  return std::visit(
      [](const auto& of) -> std::string {
        if constexpr (requires { of.registry_path; }) {
          return of.registry_path;
        } else {
          return "";
        }
      },
      route);
}

}  // namespace

std::optional<PullRecord> RecordOf(const Route& route, bool is_head) {
  PullRecord record;
  if (const auto* const content = std::get_if<ContentRoute>(&route)) {
    Fill(*content, is_head, record);
  } else if (const auto* const tags = std::get_if<TagsRoute>(&route)) {
    record.event = "ListTags";
    record.registry_id = tags->registry_id;
    record.repository = tags->repository.name();
    record.kind = "tags";
  } else if (const auto* const list = std::get_if<ReferrersRoute>(&route)) {
    record.event = "ListReferrers";
    record.registry_id = list->registry_id;
    record.repository = list->repository.name();
    record.kind = "referrers";
    record.reference = list->subject.ToString();
  } else if (const auto* const catalog = std::get_if<CatalogRoute>(&route)) {
    record.event = "ListRepositories";
    record.registry_id = catalog->registry_id;
    record.kind = "catalog";
  } else {
    return std::nullopt;
  }
  if (record.registry_id == kNoRegistry) {
    const std::string path = RegistryPathOf(route);
    record.registry_id = 0;
    if (!path.empty()) record.repository = path;
  }
  return record;
}

bool IsRefusal(int status) {
  return status == 401 || status == 403 || status == 429;
}

nlohmann::json AuditLineOf(const PullRecord& pull, const AccessRecord& access,
                           absl::Time now) {
  nlohmann::json line = {
      {"time", absl::FormatTime(absl::RFC3339_full, now, absl::UTCTimeZone())},
      {"event", pull.event},
      {"token_id", pull.caller.token_id},
      {"token_name", pull.caller.token_name},
      {"client", pull.client},
      {"registry_id", pull.registry_id},
      {"image", pull.repository},
      {"kind", pull.kind},
      {"reference", pull.reference},
      {"digest", pull.digest},
      {"status", access.status},
      {"bytes", access.body_bytes},
      {"cache", access.cache_status},
  };
  if (!access.broken_off.ok()) {
    line["broken_off"] =
        absl::IsCancelled(access.broken_off) ? "client left" : "failed";
  }
  return line;
}

}  // namespace cvr
