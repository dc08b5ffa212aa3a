// Calls a gRPC method that it knows by reflection, for the tests here, and
// prints the answer as JSON.
//
// usage: rpc ADDRESS TOKEN_FILE METHOD REQUEST_JSON

#include <iostream>

#include "tests/support/admin_channel.h"
#include "tests/support/reflection_client.h"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: rpc ADDRESS TOKEN_FILE METHOD REQUEST_JSON\n";
    return 2;
  }
  cvr::testing::ReflectionClient client(
      cvr::testing::AdminChannel(argv[1], cvr::testing::ReadSecret(argv[2])));
  const auto answer = client.Call(argv[3], argv[4]);
  if (!answer.ok()) {
    std::cerr << answer.status() << "\n";
    return 1;
  }
  std::cout << *answer << "\n";
  return 0;
}
