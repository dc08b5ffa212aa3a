#ifndef SERVICES_UPSTREAM_HTTP_CURL_CURL_TLS_H_
#define SERVICES_UPSTREAM_HTTP_CURL_CURL_TLS_H_

#include <curl/curl.h>

#include "services/policy/upstream_access.h"

namespace cvr {

// Whom a transfer trusts and what it shows. `tls` must outlive the transfer.
void SetCurlTls(CURL* handle, const TlsAccess& tls);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_CURL_CURL_TLS_H_
