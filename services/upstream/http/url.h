#ifndef SERVICES_UPSTREAM_HTTP_URL_H_
#define SERVICES_UPSTREAM_HTTP_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

// An absolute http or https URL (RFC 3986), without user information and
// fragment. Always well formed. A value type.
class Url {
 public:
  // Hosts are ASCII: international names in their punycode form.
  // Errors: INVALID_ARGUMENT, never quoting `text`: it may hold a signature.
  static absl::StatusOr<Url> Parse(absl::string_view text);

  // What `reference`, which may be relative, means on this page.
  absl::StatusOr<Url> Resolve(absl::string_view reference) const;

  // This URL with another path, which begins with `/`, and no query.
  absl::StatusOr<Url> WithPath(absl::string_view path) const;
  absl::StatusOr<Url> WithHost(absl::string_view host) const;
  // This URL with `name=value`, percent-encoded, added to its query.
  Url WithParameter(absl::string_view name, absl::string_view value) const;

  // Whole, to be requested. Its query may be secret: not for messages.
  const std::string& text() const { return text_; }
  bool is_https() const { return scheme_ == "https"; }
  // Lower case; an IPv6 address without its brackets.
  const std::string& host() const { return host_; }
  int port() const { return port_; }
  const std::string& path() const { return path_; }
  // For messages: the host, and the port when it is not the scheme's own.
  std::string host_and_port() const;

  // Whether scheme, host and port are the same (RFC 6454).
  bool SameOrigin(const Url& other) const;
  // Names it: `https://ghcr.io:443`.
  std::string origin() const;

 private:
  Url() = default;

  // `reference` is read relative to `base` unless that is empty.
  static absl::StatusOr<Url> Make(const std::string& base,
                                  absl::string_view reference);

  std::string text_;
  std::string scheme_;
  std::string host_;
  std::string path_;
  int port_ = 0;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_URL_H_
