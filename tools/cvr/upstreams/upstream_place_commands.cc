#include "tools/cvr/upstreams/upstream_place_commands.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "protos/cvr/v1/registry_service.grpc.pb.h"
#include "protos/cvr/v1/upstream_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/upstreams/upstream_view.h"

namespace cvr {
namespace {

using Stub = v1::UpstreamService::Stub;

struct Place {
  int64_t registry_id = 0;
  int64_t upstream_id = 0;
  int32_t position = 0;
};

void AddPlaceOptions(CLI::App& command, Place& place) {
  AddId(command, "--registry", place.registry_id, "ID of the registry")
      ->required();
  AddId(command, "--upstream", place.upstream_id, "ID of the upstream")
      ->required();
}

void AddAttach(CommandGroup& upstreams) {
  const auto place = std::make_shared<Place>();
  CLI::App& command = upstreams.Add(
      "attach", "Attach an upstream to a registry, at the last position",
      [place](Session& session) -> absl::Status {
        v1::AttachUpstreamRequest request;
        request.set_registry_id(place->registry_id);
        request.set_upstream_id(place->upstream_id);
        ASSIGN_OR_RETURN(const v1::RegistryUpstream attached,
                         session.server.Call(&Stub::AttachUpstream, request));
        session.output.PrintObject(attached, PlaceFields);
        return absl::OkStatus();
      });
  AddPlaceOptions(command, *place);
}

bool HasUpstream(const v1::Registry& registry, int64_t upstream_id) {
  return std::any_of(registry.upstreams().begin(), registry.upstreams().end(),
                     [upstream_id](const v1::RegistryUpstream& place) {
                       return place.upstream_id() == upstream_id;
                     });
}

void AddDetach(CommandGroup& upstreams) {
  const auto place = std::make_shared<Place>();
  CLI::App& command = upstreams.Add(
      "detach", "Detach an upstream from a registry",
      [place](Session& session) -> absl::Status {
        v1::DetachUpstreamRequest request;
        request.set_registry_id(place->registry_id);
        request.set_upstream_id(place->upstream_id);
        v1::GetRegistryRequest get;
        get.set_id(place->registry_id);
        const auto before =
            session.server.Call(&v1::RegistryService::Stub::GetRegistry, get);
        RETURN_IF_ERROR(
            session.server.Call(&Stub::DetachUpstream, request).status());
        // Neither is in a registry that there is not.
        const bool was_detached =
            before.ok() ? !HasUpstream(*before, place->upstream_id)
                        : absl::IsNotFound(before.status());
        session.output.PrintNote(
            absl::StrCat("upstream ", place->upstream_id,
                         was_detached ? " was not attached to registry "
                                      : " detached from registry ",
                         place->registry_id));
        return absl::OkStatus();
      });
  AddPlaceOptions(command, *place);
}

void AddMove(CommandGroup& upstreams) {
  const auto place = std::make_shared<Place>();
  CLI::App& command = upstreams.Add(
      "move", "Change the position of an upstream in a registry",
      [place](Session& session) -> absl::Status {
        v1::MoveUpstreamRequest request;
        request.set_registry_id(place->registry_id);
        request.set_upstream_id(place->upstream_id);
        request.set_position(place->position);
        ASSIGN_OR_RETURN(const v1::RegistryUpstream moved,
                         session.server.Call(&Stub::MoveUpstream, request));
        session.output.PrintObject(moved, PlaceFields);
        return absl::OkStatus();
      });
  AddPlaceOptions(command, *place);
  command
      .add_option("--position", place->position,
                  "New position; 1 = asked first; a number above the last "
                  "position means last")
      ->check(PositiveInteger())
      ->type_name("N")
      ->required();
}

void AddGetPlace(CommandGroup& upstreams) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = upstreams.Add(
      "place",
      "Show an attachment: the upstream, the registry and the position",
      [id](Session& session) -> absl::Status {
        v1::GetRegistryUpstreamRequest request;
        request.set_id(*id);
        ASSIGN_OR_RETURN(
            const v1::RegistryUpstream place,
            session.server.Call(&Stub::GetRegistryUpstream, request));
        session.output.PrintObject(place, PlaceFields);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the attachment")->required();
}

}  // namespace

void AddPlaceCommands(CommandGroup& upstreams) {
  AddGetPlace(upstreams);
  AddAttach(upstreams);
  AddDetach(upstreams);
  AddMove(upstreams);
}

}  // namespace cvr
