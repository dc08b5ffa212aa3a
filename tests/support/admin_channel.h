#ifndef TESTS_SUPPORT_ADMIN_CHANNEL_H_
#define TESTS_SUPPORT_ADMIN_CHANNEL_H_

#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"

namespace cvr::testing {

// A channel to `address` (host:port or unix:PATH), in plain text, on which
// every call shows `secret`, unless that is empty.
std::shared_ptr<grpc::Channel> AdminChannel(const std::string& address,
                                            const std::string& secret);

// The secret in a file, such as the admin-token that a first start leaves.
// Fails the test when there is none.
std::string ReadSecret(const std::string& path);

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_ADMIN_CHANNEL_H_
