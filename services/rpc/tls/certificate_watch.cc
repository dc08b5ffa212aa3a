#include "services/rpc/tls/certificate_watch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/rpc/tls/certificate.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr absl::Duration kInterval = absl::Hours(24);

std::string DateOf(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

std::string DaysUntil(absl::Duration left) {
  const int64_t days = left / absl::Hours(24);
  if (days == 0) return "in less than a day";
  return absl::StrCat("in ", days, days == 1 ? " day" : " days");
}

}  // namespace

Expiry ExpiryOf(const std::string& path, absl::Time now) {
  const auto facts = ReadCertificateFacts(path);
  if (!facts.ok()) return {};
  const auto first = std::min_element(
      facts->begin(), facts->end(),
      [](const auto& a, const auto& b) { return a.expires < b.expires; });
  const std::string whose =
      absl::StrCat("certificate file ", path, ": ", first->subject);
  const absl::Duration left = first->expires - now;
  if (left <= absl::ZeroDuration()) {
    return {ExpiryLevel::kExpired,
            absl::StrCat(whose, " expired at ", DateOf(first->expires),
                         "; connections that need it fail")};
  }
  return {left <= kExpiryWarning ? ExpiryLevel::kSoon : ExpiryLevel::kFine,
          absl::StrCat(whose, " expires ", DaysUntil(left), ", at ",
                       DateOf(first->expires))};
}

CertificateWatch::CertificateWatch(const std::vector<std::string>& paths,
                                   const Clock& clock, absl::Duration look)
    : paths_([&] {
        std::vector<std::string> given;
        for (const std::string& path : paths) {
          if (!path.empty()) given.push_back(path);
        }
        return given;
      }()),
      clock_(clock),
      thread_("certificates", [this, look] {
        WriteOnceADay();
        return look;
      }) {
  thread_.Start(absl::ZeroDuration());
}

void CertificateWatch::Check() const { Write(/*all=*/true); }

void CertificateWatch::WriteOnceADay() {
  const absl::Time now = clock_.SteadyNow();
  if (written_at_ && now - *written_at_ < kInterval) return;
  const bool is_first = !written_at_.has_value();
  written_at_ = now;
  Write(/*all=*/is_first);
}

void CertificateWatch::Write(bool all) const {
  for (const std::string& path : paths_) {
    const Expiry expiry = ExpiryOf(path, clock_.Now());
    switch (expiry.level) {
      case ExpiryLevel::kExpired:
        spdlog::error("{}", expiry.text);
        break;
      case ExpiryLevel::kSoon:
        spdlog::warn("{}", expiry.text);
        break;
      case ExpiryLevel::kFine:
        if (all && !expiry.text.empty()) spdlog::info("{}", expiry.text);
        break;
    }
  }
}

}  // namespace cvr
