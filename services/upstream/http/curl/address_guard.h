#ifndef SERVICES_UPSTREAM_HTTP_CURL_ADDRESS_GUARD_H_
#define SERVICES_UPSTREAM_HTTP_CURL_ADDRESS_GUARD_H_

#include <curl/curl.h>

#include "services/upstream/http/address_policy.h"

namespace cvr {

// Keeps one libcurl handle from connecting to addresses that a policy does not
// allow. It decides when libcurl opens a socket, which is after names were
// resolved, so that a name cannot have another address then than when it was
// checked. Used by one thread; must outlive every transfer of the handle.
class AddressGuard {
 public:
  // `policy` must outlive it. Null = all addresses are allowed: those of a
  // proxy, which the operator has chosen.
  explicit AddressGuard(const AddressPolicy* policy) : policy_(policy) {}
  AddressGuard(const AddressGuard&) = delete;
  AddressGuard& operator=(const AddressGuard&) = delete;

  // Watches `handle` until that is reset.
  void Watch(CURL* handle);

  // Whether an address was refused since the start.
  bool has_refused() const { return has_refused_; }

 private:
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose,
                                    curl_sockaddr* address);

  const AddressPolicy* const policy_;
  bool has_refused_ = false;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_CURL_ADDRESS_GUARD_H_
