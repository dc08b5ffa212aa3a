#include "services/upstream/http/curl/curl_tls.h"

#include <string>

namespace cvr {
namespace {

curl_blob BlobOf(const std::string& bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};
}

}  // namespace

void SetCurlTls(CURL* handle, const TlsAccess& tls) {
  // The bundle takes the place of the system's file; its directory stays.
  curl_easy_setopt(handle, CURLOPT_CAPATH,
                   curl_version_info(CURLVERSION_NOW)->capath);
  if (!tls.ca_bundle_pem.empty()) {
    curl_blob bundle = BlobOf(tls.ca_bundle_pem);
    curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &bundle);
  }
  if (!tls.client_certificate_pem.empty()) {
    curl_blob certificate = BlobOf(tls.client_certificate_pem);
    curl_blob key = BlobOf(tls.client_key_pem);
    curl_easy_setopt(handle, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(handle, CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(handle, CURLOPT_SSLKEYTYPE, "PEM");
    curl_easy_setopt(handle, CURLOPT_SSLKEY_BLOB, &key);
  }
  const long verify = tls.insecure_skip_verify ? 0 : 1;
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, verify);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, verify * 2);
}

}  // namespace cvr
