#ifndef SERVICES_METADATA_CONVERSION_REGISTRY_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_REGISTRY_CONVERSION_H_

#include "cvr/v1/attachment.pb.h"
#include "cvr/v1/group.pb.h"
#include "cvr/v1/registry.pb.h"
#include "services/metadata/store/stored_registry.pb.h"

namespace cvr {

// Between groups, registries and attachments and their rows. What only one of
// the two has stays behind: conversion_test.cc lists it. Pure.
stored::Group ToStored(const v1::Group& from);
v1::Group ToApi(const stored::Group& from);

stored::Registry ToStored(const v1::Registry& from);
v1::Registry ToApi(const stored::Registry& from);

stored::Attachment ToStored(const v1::Attachment& from);
v1::Attachment ToApi(const stored::Attachment& from);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_REGISTRY_CONVERSION_H_
