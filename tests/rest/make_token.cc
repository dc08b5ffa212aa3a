// Makes an access token over gRPC, for the tests here.
//
// usage: make_token ADDRESS ADMIN_TOKEN_FILE GROUP SCOPE

#include <iostream>

#include "protos/cvr/v1/access_token_service.grpc.pb.h"
#include "tests/support/admin_channel.h"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: make_token ADDRESS ADMIN_TOKEN_FILE GROUP SCOPE\n";
    return 2;
  }
  cvr::v1::CreateAccessTokenRequest request;
  auto& token = *request.mutable_access_token();
  token.set_name("made for a test");
  token.set_group(argv[3]);
  cvr::v1::AccessToken::Scope scope;
  if (!cvr::v1::AccessToken::Scope_Parse(argv[4], &scope)) {
    std::cerr << "no scope: " << argv[4] << "\n";
    return 2;
  }
  token.add_scopes(scope);
  cvr::v1::AccessTokenService::Stub stub(
      cvr::testing::AdminChannel(argv[1], cvr::testing::ReadSecret(argv[2])));
  grpc::ClientContext context;
  cvr::v1::AccessToken made;
  const grpc::Status status = stub.CreateAccessToken(&context, request, &made);
  if (!status.ok()) {
    std::cerr << status.error_message() << "\n";
    return 1;
  }
  std::cout << made.secret() << "\n";
  return 0;
}
