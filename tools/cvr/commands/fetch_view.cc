#include "tools/cvr/commands/fetch_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

using v1::Fetch;

bool Ended(const Fetch& fetch) {
  return fetch.state() == Fetch::STATE_SUCCEEDED ||
         fetch.state() == Fetch::STATE_FAILED;
}

std::string StateText(const Fetch& fetch) { return EnumText(fetch.state()); }

// `12.3 MiB`.
std::string ShortSize(double bytes) {
  static constexpr const char* kUnits[] = {"B",   "KiB", "MiB", "GiB",
                                           "TiB", "PiB", "EiB"};
  const char* const* unit = kUnits;
  for (; bytes >= 1023.95; ++unit) bytes /= 1024;
  return unit == kUnits ? absl::StrFormat("%.0f B", bytes)
                        : absl::StrFormat("%.1f %s", bytes, *unit);
}

// `sha256:0123456789ab`: enough to tell them apart.
std::string ShortDigest(const std::string& digest) {
  constexpr size_t kHexChars = 12;
  const size_t colon = digest.find(':');
  if (colon == std::string::npos) return digest.substr(0, kHexChars);
  return digest.substr(0, colon + 1 + kHexChars);
}

// What it is, without what could drive a terminal.
std::string NameText(const Fetch& fetch) {
  return absl::Utf8SafeCEscape(
      absl::StrCat(fetch.repository(), " ", ShortDigest(fetch.digest())));
}

std::string ProgressText(const Fetch& fetch) {
  const std::string received =
      ShortSize(static_cast<double>(fetch.received_bytes()));
  if (fetch.size_bytes() == 0) return received;
  return absl::StrCat(received, " of ",
                      ShortSize(static_cast<double>(fetch.size_bytes())));
}

// From 0 to 1; 0 when the size is not known.
double Share(const Fetch& fetch) {
  if (fetch.size_bytes() <= 0) return 0;
  return std::clamp(static_cast<double>(fetch.received_bytes()) /
                        static_cast<double>(fetch.size_bytes()),
                    0.0, 1.0);
}

std::string BarText(double share, int width) {
  const int full = static_cast<int>(share * width);
  return absl::StrCat("[", std::string(full, '#'),
                      std::string(width - full, ' '), "]");
}

// `text` in exactly `width` places; too long a one loses its middle.
std::string Fitted(std::string text, size_t width) {
  if (text.size() > width && width > 3) {
    const size_t head = (width - 3) / 2;
    text = absl::StrCat(text.substr(0, head), "...",
                        text.substr(text.size() - (width - 3 - head)));
  }
  text.resize(width, ' ');
  return text;
}

}  // namespace

std::string FetchTable(const std::vector<Fetch>& fetches) {
  TextTable table({{"ID", TextTable::Align::kRight},
                   {"UPSTREAM", TextTable::Align::kRight},
                   {"REPOSITORY"},
                   {"DIGEST"},
                   {"STATE"},
                   {"RECEIVED", TextTable::Align::kRight},
                   {"SIZE", TextTable::Align::kRight},
                   {"READERS", TextTable::Align::kRight},
                   {"REQUESTS", TextTable::Align::kRight},
                   {"STARTED"},
                   {"INSTANCE"}});
  for (const Fetch& fetch : fetches) {
    table.AddRow({absl::StrCat(fetch.id()), absl::StrCat(fetch.upstream_id()),
                  fetch.repository(), fetch.digest(), StateText(fetch),
                  SizeText(fetch.received_bytes()),
                  fetch.size_bytes() == 0 ? "" : SizeText(fetch.size_bytes()),
                  absl::StrCat(fetch.reader_count()),
                  absl::StrCat(fetch.request_count()),
                  TimeText(fetch.start_time()), fetch.instance()});
  }
  return table.ToString();
}

FetchView::Key FetchView::KeyOf(const Fetch& fetch) {
  return {fetch.instance(), fetch.id()};
}

void FetchView::Show(const v1::WatchFetchesResponse& fetches, absl::Time now) {
  if (terminal_) {
    ShowBars(fetches, now);
  } else {
    ShowLines(fetches, now);
  }
  out_.flush();
  std::map<Key, Seen> seen;
  for (const Fetch& fetch : fetches.fetches()) {
    if (Ended(fetch)) continue;
    seen[KeyOf(fetch)] = {fetch.received_bytes(), now, fetch.state()};
  }
  seen_ = std::move(seen);
}

void FetchView::ShowBars(const v1::WatchFetchesResponse& fetches,
                         absl::Time now) {
  // Up to the first line that is drawn over, and away with all below.
  if (lines_ > 0) out_ << absl::StrFormat("\x1b[%dA\r\x1b[J", lines_);
  for (const Fetch& fetch : fetches.fetches()) {
    if (Ended(fetch)) out_ << Line(fetch, now) << "\n";
  }
  const int lines_max = std::max(terminal_->rows - 2, 1);
  int more = 0;
  lines_ = 0;
  for (const Fetch& fetch : fetches.fetches()) {
    if (Ended(fetch)) continue;
    if (lines_ == lines_max) {
      ++more;
      continue;
    }
    out_ << Bar(fetch, now) << "\n";
    ++lines_;
  }
  if (lines_ > 0 && more == 0) return;
  out_ << (more > 0 ? absl::StrCat("and ", more, " more\n")
                    : "no fetches in progress\n");
  ++lines_;
}

void FetchView::ShowLines(const v1::WatchFetchesResponse& fetches,
                          absl::Time now) {
  for (const Fetch& fetch : fetches.fetches()) {
    const auto seen = seen_.find(KeyOf(fetch));
    if (seen != seen_.end() && seen->second.state == fetch.state() &&
        seen->second.received == fetch.received_bytes()) {
      continue;
    }
    out_ << absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone())
         << " " << Line(fetch, now) << "\n";
  }
}

std::string FetchView::Line(const Fetch& fetch, absl::Time now) const {
  const std::string rate = Rate(fetch, now);
  return absl::StrCat(StateText(fetch), " ", NameText(fetch), " ",
                      ProgressText(fetch), rate.empty() ? "" : ", ", rate);
}

std::string FetchView::Bar(const Fetch& fetch, absl::Time now) const {
  const double share = Share(fetch);
  const std::string percent =
      fetch.size_bytes() == 0
          ? "   ?"
          : absl::StrFormat("%3d%%", static_cast<int>(share * 100));
  const std::string rest = absl::StrFormat(
      " %s %s %22s %12s %s",
      BarText(share, terminal_->columns >= 100 ? 24 : 10), percent,
      ProgressText(fetch),
      fetch.state() == Fetch::STATE_QUEUED ? "queued" : Rate(fetch, now),
      absl::StrCat(fetch.reader_count(),
                   fetch.reader_count() == 1 ? " reader" : " readers"));
  // The last place is left free: what is written there may wrap.
  const int name_width =
      std::max(terminal_->columns - 1 - static_cast<int>(rest.size()), 8);
  std::string line = absl::StrCat(Fitted(NameText(fetch), name_width), rest);
  // A line that wraps would not be drawn over.
  line.resize(std::min<size_t>(line.size(), terminal_->columns - 1));
  return line;
}

std::string FetchView::Rate(const Fetch& fetch, absl::Time now) const {
  const auto seen = seen_.find(KeyOf(fetch));
  if (seen == seen_.end()) return "";
  const double seconds = absl::ToDoubleSeconds(now - seen->second.time);
  const int64_t bytes = fetch.received_bytes() - seen->second.received;
  if (seconds <= 0 || bytes < 0) return "";
  return absl::StrCat(ShortSize(static_cast<double>(bytes) / seconds), "/s");
}

}  // namespace cvr
