#include "tools/cvr/commands/download_view.h"

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

using v1::DownloadInFlight;

bool Ended(const DownloadInFlight& download) {
  return download.state() == DownloadInFlight::DONE ||
         download.state() == DownloadInFlight::FAILED;
}

std::string StateText(const DownloadInFlight& download) {
  return EnumText(download.state());
}

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
std::string NameText(const DownloadInFlight& download) {
  return absl::Utf8SafeCEscape(
      absl::StrCat(download.repository(), " ", ShortDigest(download.digest())));
}

std::string ProgressText(const DownloadInFlight& download) {
  const std::string received =
      ShortSize(static_cast<double>(download.received()));
  if (download.size() == 0) return received;
  return absl::StrCat(received, " of ",
                      ShortSize(static_cast<double>(download.size())));
}

// From 0 to 1; 0 when the size is not known.
double Share(const DownloadInFlight& download) {
  if (download.size() <= 0) return 0;
  return std::clamp(static_cast<double>(download.received()) /
                        static_cast<double>(download.size()),
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

std::string DownloadTable(const std::vector<DownloadInFlight>& downloads) {
  TextTable table({{"ID", TextTable::Align::kRight},
                   {"UPSTREAM", TextTable::Align::kRight},
                   {"REPOSITORY"},
                   {"DIGEST"},
                   {"STATE"},
                   {"RECEIVED", TextTable::Align::kRight},
                   {"SIZE", TextTable::Align::kRight},
                   {"READERS", TextTable::Align::kRight},
                   {"REQUESTS", TextTable::Align::kRight},
                   {"STARTED"}});
  for (const DownloadInFlight& download : downloads) {
    table.AddRow(
        {absl::StrCat(download.id()), absl::StrCat(download.upstream_id()),
         download.repository(), download.digest(), StateText(download),
         SizeText(download.received()),
         download.size() == 0 ? "" : SizeText(download.size()),
         absl::StrCat(download.readers()), absl::StrCat(download.requests()),
         TimeText(download.start_time())});
  }
  return table.ToString();
}

void DownloadView::Show(const v1::Downloads& downloads, absl::Time now) {
  if (terminal_) {
    ShowBars(downloads, now);
  } else {
    ShowLines(downloads, now);
  }
  out_.flush();
  std::map<int64_t, Seen> seen;
  for (const DownloadInFlight& download : downloads.downloads()) {
    if (Ended(download)) continue;
    seen[download.id()] = {download.received(), now, download.state()};
  }
  seen_ = std::move(seen);
}

void DownloadView::ShowBars(const v1::Downloads& downloads, absl::Time now) {
  // Up to the first line that is drawn over, and away with all below.
  if (lines_ > 0) out_ << absl::StrFormat("\x1b[%dA\r\x1b[J", lines_);
  for (const DownloadInFlight& download : downloads.downloads()) {
    if (Ended(download)) out_ << Line(download, now) << "\n";
  }
  const int lines_max = std::max(terminal_->rows - 2, 1);
  int more = 0;
  lines_ = 0;
  for (const DownloadInFlight& download : downloads.downloads()) {
    if (Ended(download)) continue;
    if (lines_ == lines_max) {
      ++more;
      continue;
    }
    out_ << Bar(download, now) << "\n";
    ++lines_;
  }
  if (lines_ > 0 && more == 0) return;
  out_ << (more > 0 ? absl::StrCat("and ", more, " more\n")
                    : "no downloads in progress\n");
  ++lines_;
}

void DownloadView::ShowLines(const v1::Downloads& downloads, absl::Time now) {
  for (const DownloadInFlight& download : downloads.downloads()) {
    const auto seen = seen_.find(download.id());
    if (seen != seen_.end() && seen->second.state == download.state() &&
        seen->second.received == download.received()) {
      continue;
    }
    out_ << absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone())
         << " " << Line(download, now) << "\n";
  }
}

std::string DownloadView::Line(const DownloadInFlight& download,
                               absl::Time now) const {
  const std::string rate = Rate(download, now);
  return absl::StrCat(StateText(download), " ", NameText(download), " ",
                      ProgressText(download), rate.empty() ? "" : ", ", rate);
}

std::string DownloadView::Bar(const DownloadInFlight& download,
                              absl::Time now) const {
  const double share = Share(download);
  const std::string percent =
      download.size() == 0
          ? "   ?"
          : absl::StrFormat("%3d%%", static_cast<int>(share * 100));
  const std::string rest = absl::StrFormat(
      " %s %s %22s %12s %s",
      BarText(share, terminal_->columns >= 100 ? 24 : 10), percent,
      ProgressText(download),
      download.state() == DownloadInFlight::QUEUED ? "queued"
                                                   : Rate(download, now),
      absl::StrCat(download.readers(),
                   download.readers() == 1 ? " reader" : " readers"));
  // The last place is left free: what is written there may wrap.
  const int name_width =
      std::max(terminal_->columns - 1 - static_cast<int>(rest.size()), 8);
  std::string line = absl::StrCat(Fitted(NameText(download), name_width), rest);
  // A line that wraps would not be drawn over.
  line.resize(std::min<size_t>(line.size(), terminal_->columns - 1));
  return line;
}

std::string DownloadView::Rate(const DownloadInFlight& download,
                               absl::Time now) const {
  const auto seen = seen_.find(download.id());
  if (seen == seen_.end()) return "";
  const double seconds = absl::ToDoubleSeconds(now - seen->second.time);
  const int64_t bytes = download.received() - seen->second.received;
  if (seconds <= 0 || bytes < 0) return "";
  return absl::StrCat(ShortSize(static_cast<double>(bytes) / seconds), "/s");
}

}  // namespace cvr
