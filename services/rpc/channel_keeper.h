#ifndef SERVICES_RPC_CHANNEL_KEEPER_H_
#define SERVICES_RPC_CHANNEL_KEEPER_H_

#include <memory>

#include "grpcpp/grpcpp.h"

namespace cvr {

// Keeps `channel` connected for as long as the result, or a copy of it, lives.
// The result is the same channel.
//
// Why: a channel of the library (1.51) connects only when it is asked to, and
// its sockets are looked at only by running calls and by a poller that comes
// every five seconds. So an idle process would notice neither that a service
// has gone nor that it is back, and a handshake of several messages would take
// as many polls. Here a thread looks at the sockets ten times a second, without
// pause while there is no connection, and begins a new attempt at least once a
// second, name resolution included.
//
// Destroying the last copy waits for that thread, up to a tenth of a second.
// It must not happen in a callback of the library.
std::shared_ptr<grpc::Channel> KeepConnected(
    std::shared_ptr<grpc::Channel> channel);

}  // namespace cvr

#endif  // SERVICES_RPC_CHANNEL_KEEPER_H_
