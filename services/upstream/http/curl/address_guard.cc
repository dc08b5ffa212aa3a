#include "services/upstream/http/curl/address_guard.h"

#include <sys/socket.h>

namespace cvr {

void AddressGuard::Watch(CURL* handle) {
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, OnOpenSocket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
}

curl_socket_t AddressGuard::OnOpenSocket(void* self_pointer,
                                         curlsocktype /*purpose*/,
                                         curl_sockaddr* address) {
  auto& self = *static_cast<AddressGuard*>(self_pointer);
  if (self.policy_ != nullptr && !self.policy_->Allows(address->addr)) {
    self.has_refused_ = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC,
                address->protocol);
}

}  // namespace cvr
