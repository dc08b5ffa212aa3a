#include "tests/support/admin_channel.h"

#include <fstream>
#include <utility>
#include <vector>

#include "grpcpp/support/client_interceptor.h"
#include "gtest/gtest.h"

namespace cvr::testing {
namespace {

namespace experimental = grpc::experimental;

class ShowSecret : public experimental::Interceptor {
 public:
  explicit ShowSecret(const std::string& secret) : value_("Bearer " + secret) {}

  void Intercept(experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace("authorization", value_);
    }
    methods->Proceed();
  }

 private:
  const std::string value_;
};

class ShowSecretFactory
    : public experimental::ClientInterceptorFactoryInterface {
 public:
  explicit ShowSecretFactory(std::string secret) : secret_(std::move(secret)) {}

  experimental::Interceptor* CreateClientInterceptor(
      experimental::ClientRpcInfo* /*info*/) override {
    return new ShowSecret(secret_);
  }

 private:
  const std::string secret_;
};

}  // namespace

std::shared_ptr<grpc::Channel> AdminChannel(const std::string& address,
                                            const std::string& secret) {
  std::vector<std::unique_ptr<experimental::ClientInterceptorFactoryInterface>>
      factories;
  if (!secret.empty()) {
    factories.push_back(std::make_unique<ShowSecretFactory>(secret));
  }
  return experimental::CreateCustomChannelWithInterceptors(
      address, grpc::InsecureChannelCredentials(), grpc::ChannelArguments(),
      std::move(factories));
}

std::string ReadSecret(const std::string& path) {
  std::ifstream file(path);
  std::string secret;
  EXPECT_TRUE(std::getline(file, secret)) << "no secret in " << path;
  return secret;
}

}  // namespace cvr::testing
