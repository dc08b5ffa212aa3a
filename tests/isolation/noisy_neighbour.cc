#include "tests/isolation/noisy_neighbour.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cvr::testing {

NoisyNeighbour::~NoisyNeighbour() {
  clients_.clear();
  for (const auto& gate : gates_) gate->Open();
  for (const auto& drip : drips_) drip->Open();
  for (Source& source : sources_) source.fake.Stop();
  for (const Source& source : sources_) {
    world_.DeleteRegistry(source.registry);
    world_.DeleteUpstream(source.upstream);
  }
}

NoisyNeighbour::Source& NoisyNeighbour::AddSource(
    const nlohmann::json& settings) {
  Source& source = sources_.emplace_back();
  nlohmann::json upstream = settings;
  upstream["url"] = source.fake.url();
  source.registry = world_.CreateRegistry(world_.adversary());
  source.upstream = world_.CreateUpstream(world_.adversary(), upstream);
  world_.Attach(source.registry, source.upstream);
  return source;
}

NoisyNeighbour::Source& NoisyNeighbour::AddBlackHole() {
  Source& source = AddSource();
  const int port = source.fake.port();
  source.fake.Stop();
  bad_ports_.emplace_back(port, BadPort::Manner::kIgnore);
  return source;
}

TcpClient& NoisyNeighbour::Pull(const Source& source, const std::string& path) {
  return Send(absl::StrCat("GET ", World::TargetOf(source.registry, path),
                           " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ",
                           world_.adversary().reader, "\r\n\r\n"),
              NextAddress());
}

TcpClient& NoisyNeighbour::Send(const std::string& bytes, int address) {
  TcpClient& client = clients_.emplace_back(
      world_.system().http(), absl::StrCat("127.0.0.", 2 + address));
  if (client.connected() && !bytes.empty()) client.Send(bytes);
  return client;
}

TcpClient& NoisyNeighbour::Administer(const std::string& method,
                                      const std::string& target,
                                      const std::string& body) {
  return Send(
      absl::StrCat(method, " /api/v4/virtual_registries/container/", target,
                   " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ",
                   world_.adversary().writer,
                   "\r\nContent-Type: application/json\r\n",
                   "Content-Length: ", body.size(), "\r\n\r\n", body),
      NextAddress());
}

std::shared_ptr<Gate> NoisyNeighbour::NewGate() {
  return gates_.emplace_back(std::make_shared<Gate>());
}

std::shared_ptr<Drip> NoisyNeighbour::NewDrip() {
  return drips_.emplace_back(std::make_shared<Drip>());
}

}  // namespace cvr::testing
