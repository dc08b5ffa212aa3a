#ifndef TESTS_ISOLATION_NOISY_NEIGHBOUR_H_
#define TESTS_ISOLATION_NOISY_NEIGHBOUR_H_

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "tests/isolation/world.h"
#include "tests/support/bad_port.h"
#include "tests/support/tcp_client.h"
#include "tests/support/upstream/drip.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {

// A tenant whose upstreams or clients misbehave, for as long as this lives: his
// clients then leave, his upstreams give way, and what he made is deleted.
// All of his clients are on 127.0.0.2 and up, those that pull spread over
// several of these addresses, so that a bound on each is not all that holds;
// those of others are not.
class NoisyNeighbour {
 public:
  // One of his upstreams, with a registry of its own.
  struct Source {
    FakeRegistry fake;
    int64_t registry = 0;
    int64_t upstream = 0;
  };

  explicit NoisyNeighbour(World& world) : world_(world) {}
  ~NoisyNeighbour();
  NoisyNeighbour(const NoisyNeighbour&) = delete;
  NoisyNeighbour& operator=(const NoisyNeighbour&) = delete;

  World& world() { return world_; }
  Source& AddSource(const nlohmann::json& settings = nlohmann::json::object());
  // One that nobody answers for: connecting to it takes for ever.
  Source& AddBlackHole();

  // A client that asks for `path` there and waits, without reading.
  TcpClient& Pull(const Source& source, const std::string& path);
  // One that sends these bytes, from the n-th of his addresses.
  TcpClient& Send(const std::string& bytes, int address = 0);
  // Of administration by REST, with his token; does not wait for the answer.
  TcpClient& Administer(const std::string& method, const std::string& target,
                        const std::string& body = "");
  int NextAddress() { return next_address_++ % kAddresses; }
  std::list<TcpClient>& clients() { return clients_; }

  // Opened in the end.
  std::shared_ptr<Gate> NewGate();
  std::shared_ptr<Drip> NewDrip();

 private:
  static constexpr int kAddresses = 16;

  World& world_;
  int next_address_ = 0;
  std::list<Source> sources_;
  std::list<BadPort> bad_ports_;
  std::list<TcpClient> clients_;
  std::vector<std::shared_ptr<Gate>> gates_;
  std::vector<std::shared_ptr<Drip>> drips_;
};

// One way to be a nuisance.
struct Trouble {
  std::string name;
  // From here on he is.
  std::function<void(NoisyNeighbour&)> begin;
  // Again and again while others work.
  std::function<void(NoisyNeighbour&)> go_on = nullptr;
  // Whether what he does may take much memory, so that it is looked at.
  bool takes_memory = false;
};

std::vector<Trouble> UpstreamTroubles();
std::vector<Trouble> DocumentTroubles();
std::vector<Trouble> ClientTroubles();

}  // namespace cvr::testing

#endif  // TESTS_ISOLATION_NOISY_NEIGHBOUR_H_
