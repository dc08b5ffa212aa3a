#ifndef SERVICES_ACCESS_RESOURCE_KEYS_H_
#define SERVICES_ACCESS_RESOURCE_KEYS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/access/access_question.h"

namespace cvr {

// Requests name registries and upstreams by id, or by group and name, in a
// oneof of their own: `id` and `key`, `registry_id` and `registry_key`,
// `upstream_id` and `upstream_key`. CallGuard puts the id in the place of the
// key before anything else sees the request. All pure.

// A registry or an upstream (KindName) by its group and name.
struct ResourceKey {
  AccessQuestion::Kind kind = AccessQuestion::Kind::kNone;
  std::string group;
  std::string name;
};

// A oneof of a request that names a resource, in one way or the other.
struct ResourceKeyField {
  const google::protobuf::FieldDescriptor* key_field = nullptr;
  const google::protobuf::FieldDescriptor* id_field = nullptr;
  // Its kind is always set, group and name only if the key is.
  ResourceKey key;
  // 0 = the key is set.
  int64_t id = 0;
};

// The resources that `request` names, at its top level. Those of which neither
// id nor key is set are left out.
std::vector<ResourceKeyField> ResourceFieldsOf(
    const google::protobuf::Message& request);

// Those of them that are named by key. Errors: INVALID_ARGUMENT that names each
// field of a key that is empty.
absl::StatusOr<std::vector<ResourceKeyField>> KeysOf(
    const google::protobuf::Message& request);

// Puts the id in the place of the key.
void SetId(google::protobuf::Message& request, const ResourceKeyField& field,
           int64_t id);

}  // namespace cvr

#endif  // SERVICES_ACCESS_RESOURCE_KEYS_H_
