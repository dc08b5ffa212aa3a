#include "tests/support/http_client.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/digest.h"

namespace cvr::testing {
namespace {

size_t OnHeader(char* data, size_t, size_t size, void* user) {
  auto& response = *static_cast<HttpResponse*>(user);
  const absl::string_view line(data, size);
  if (absl::StartsWith(line, "HTTP/")) response.headers.clear();
  const size_t colon = line.find(':');
  if (colon != absl::string_view::npos) {
    response.headers[absl::AsciiStrToLower(line.substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return size;
}

size_t OnBody(char* data, size_t, size_t size, void* user) {
  static_cast<HttpResponse*>(user)->body.append(data, size);
  return size;
}

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

Curl MakeCurl(const std::string& address, const std::string& target,
              const std::string& ca_file = "") {
  Curl curl(curl_easy_init(), curl_easy_cleanup);
  const std::string url =
      absl::StrCat(ca_file.empty() ? "http://" : "https://", address, "/");
  if (!ca_file.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_CAINFO, ca_file.c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_REQUEST_TARGET, target.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  return curl;
}

struct Leaver {
  size_t wanted;
  size_t read = 0;
};

size_t OnBodyUntil(char*, size_t, size_t size, void* user) {
  auto& leaver = *static_cast<Leaver*>(user);
  leaver.read += size;
  return leaver.read >= leaver.wanted ? 0 : size;  // 0 ends the transfer.
}

// Does what `curl` is set up for.
HttpResponse Perform(CURL* curl, const std::string& method,
                     const std::vector<std::string>& headers) {
  HttpResponse response;
  curl_slist* list = nullptr;
  for (const std::string& header : headers) {
    list = curl_slist_append(list, header.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  if (method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) response.error = curl_easy_strerror(code);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  curl_slist_free_all(list);
  return response;
}

size_t OnBodyHash(char* data, size_t, size_t size, void* user) {
  static_cast<DigestHasher*>(user)->Update({data, size});
  return size;
}

}  // namespace

HttpResponse HttpRequest(const std::string& method, const std::string& address,
                         const std::string& target,
                         const std::vector<std::string>& headers,
                         const std::string& ca_file) {
  const Curl curl = MakeCurl(address, target, ca_file);
  return Perform(curl.get(), method, headers);
}

HttpResponse HttpSend(const std::string& method, const std::string& address,
                      const std::string& target, const HttpOptions& options) {
  const Curl curl = MakeCurl(address, target);
  if (!options.body.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(options.body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, options.body.c_str());
  }
  if (!options.source_address.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_INTERFACE,
                     options.source_address.c_str());
  }
  curl_easy_setopt(
      curl.get(), CURLOPT_TIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options.timeout)));
  return Perform(curl.get(), method, options.headers);
}

std::string HttpGetDigest(const std::string& address,
                          const std::string& target) {
  const Curl curl = MakeCurl(address, target);
  DigestHasher hasher(DigestAlgorithm::kSha256);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, OnBodyHash);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &hasher);
  const CURLcode code = curl_easy_perform(curl.get());
  return code == CURLE_OK ? hasher.Current().ToString()
                          : curl_easy_strerror(code);
}

size_t HttpGetAndLeave(const std::string& address, const std::string& target,
                       size_t body_bytes) {
  const Curl curl = MakeCurl(address, target);
  Leaver leaver{body_bytes};
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, OnBodyUntil);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &leaver);
  curl_easy_perform(curl.get());
  return leaver.read;
}

}  // namespace cvr::testing
