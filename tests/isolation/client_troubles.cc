// Clients that hold whatever serves them. Those that show no credentials are
// on addresses that others do not use.
#include "absl/strings/str_cat.h"
#include "tests/isolation/noisy_neighbour.h"

namespace cvr::testing {
namespace {

// More than --http_threads_max.
constexpr int kClients = 1100;
constexpr char kNoBody[] =
    "POST /jwt/auth HTTP/1.1\r\nHost: x\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 1000\r\n\r\n";
constexpr char kHalfAHead[] = "GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Half";

std::function<void(NoisyNeighbour&)> Connections(const std::string& bytes,
                                                 int addresses) {
  return [=](NoisyNeighbour& neighbour) {
    for (int i = 0; i < kClients; ++i) neighbour.Send(bytes, i % addresses);
  };
}

void SendOneByteEach(NoisyNeighbour& neighbour) {
  for (TcpClient& client : neighbour.clients()) {
    if (client.connected()) client.Send("a");
  }
}

// Clients that ask for more than fits what lies between, and read nothing.
void ReadNothing(NoisyNeighbour& neighbour) {
  NoisyNeighbour::Source& source = neighbour.AddSource();
  const std::string blob(16 << 20, 'x');
  const Digest digest = source.fake.AddBlob("app", blob);
  const std::string path = absl::StrCat("app/blobs/", digest.ToString());
  for (int i = 0; i < kClients; ++i) {
    TcpClient& client = neighbour.Send("", neighbour.NextAddress());
    client.ShrinkReceiveBuffer();
    client.SendGet(World::TargetOf(source.registry, path),
                   "Bearer " + neighbour.world().adversary().reader);
  }
}

void AdministerMuch(NoisyNeighbour& neighbour) {
  const NoisyNeighbour::Source& source = neighbour.AddSource();
  for (int i = 0; i < 400; ++i) {
    neighbour.Administer("PATCH", absl::StrCat("registries/", source.registry),
                         absl::StrCat(R"({"description":"change )", i, "\"}"));
  }
}

}  // namespace

std::vector<Trouble> ClientTroubles() {
  return {
      {"1100 connections without a head", Connections("", 1)},
      {"1100 connections with half a head", Connections(kHalfAHead, 1)},
      {"1100 connections without their body", Connections(kNoBody, 1)},
      {"the same from 16 addresses", Connections(kNoBody, 16)},
      {"1100 heads of one byte at a time", Connections(kHalfAHead, 1),
       SendOneByteEach},
      {"1100 bodies of one byte at a time, 16 addresses",
       Connections(kNoBody, 16), SendOneByteEach},
      {"1100 clients that read nothing", ReadNothing},
      {"400 changes at once", AdministerMuch},
  };
}

}  // namespace cvr::testing
