#include "services/upstream/http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/network/percent_encoding.h"

namespace cvr {
namespace {

struct Cleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, Cleanup>;

// Empty when there is no such part.
std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  const std::string value = text;
  curl_free(text);
  return value;
}

absl::Status NotAUrl() {
  return absl::InvalidArgumentError("must be an absolute http or https URL");
}

// RFC 3986, 3.2.2: an IPv6 address stands in brackets.
std::string InUrl(const std::string& host) {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]") : host;
}

}  // namespace

absl::StatusOr<Url> Url::Make(const std::string& base,
                              absl::string_view reference) {
  // A byte that ends the text for libcurl would make us see another URL.
  if (reference.empty() || absl::StrContains(reference, '\0')) return NotAUrl();
  const CurlUrl parsed(curl_url());
  if (!base.empty() &&
      curl_url_set(parsed.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK) {
    return NotAUrl();
  }
  if (curl_url_set(parsed.get(), CURLUPART_URL, std::string(reference).c_str(),
                   CURLU_URLENCODE) != CURLUE_OK) {
    return NotAUrl();
  }
  for (const CURLUPart part :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS,
        CURLUPART_FRAGMENT, CURLUPART_ZONEID}) {
    curl_url_set(parsed.get(), part, nullptr, 0);
  }
  Url url;
  url.scheme_ = Part(parsed.get(), CURLUPART_SCHEME);
  if (url.scheme_ != "http" && url.scheme_ != "https") return NotAUrl();
  url.host_ = absl::AsciiStrToLower(Part(parsed.get(), CURLUPART_HOST));
  // What it looks like and what libcurl would make of it may differ.
  const bool is_ascii =
      std::all_of(url.host_.begin(), url.host_.end(),
                  [](char c) { return absl::ascii_isgraph(c); });
  if (url.host_.empty() || !is_ascii) return NotAUrl();
  curl_url_set(parsed.get(), CURLUPART_HOST, url.host_.c_str(), 0);
  if (url.host_.size() > 2 && url.host_.front() == '[') {
    url.host_ = url.host_.substr(1, url.host_.size() - 2);
  }
  if (!absl::SimpleAtoi(Part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT),
                        &url.port_)) {
    return NotAUrl();
  }
  url.path_ = Part(parsed.get(), CURLUPART_PATH);
  url.text_ = Part(parsed.get(), CURLUPART_URL);
  return url;
}

absl::StatusOr<Url> Url::Parse(absl::string_view text) {
  // libcurl would guess http for a text without a scheme.
  if (!absl::StartsWithIgnoreCase(text, "http://") &&
      !absl::StartsWithIgnoreCase(text, "https://")) {
    return NotAUrl();
  }
  return Make("", text);
}

absl::StatusOr<Url> Url::Resolve(absl::string_view reference) const {
  return Make(text_, reference);
}

absl::StatusOr<Url> Url::WithPath(absl::string_view path) const {
  return Parse(absl::StrCat(origin(), path));
}

absl::StatusOr<Url> Url::WithHost(absl::string_view host) const {
  return Parse(absl::StrCat(scheme_, "://", host, ":", port_, path_));
}

Url Url::WithParameter(absl::string_view name, absl::string_view value) const {
  Url url = *this;
  const bool has_query = absl::StrContains(text_, '?');
  absl::StrAppend(&url.text_, has_query ? "&" : "?", PercentEncode(name), "=",
                  PercentEncode(value));
  return url;
}

std::string Url::host_and_port() const {
  const bool is_default = port_ == (is_https() ? 443 : 80);
  return is_default ? InUrl(host_) : absl::StrCat(InUrl(host_), ":", port_);
}

bool Url::SameOrigin(const Url& other) const {
  return scheme_ == other.scheme_ && host_ == other.host_ &&
         port_ == other.port_;
}

std::string Url::origin() const {
  return absl::StrCat(scheme_, "://", InUrl(host_), ":", port_);
}

}  // namespace cvr
