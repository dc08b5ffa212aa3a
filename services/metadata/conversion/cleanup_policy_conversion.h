#ifndef SERVICES_METADATA_CONVERSION_CLEANUP_POLICY_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_CLEANUP_POLICY_CONVERSION_H_

#include "cvr/v1/cleanup_policy.pb.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"

namespace cvr {

// Between cleanup policies and their rows. What only one of the two has stays
// behind: conversion_test.cc lists it. Pure.
stored::CleanupPolicyResource ToStored(const v1::CleanupPolicy& from);
v1::CleanupPolicy ToApi(const stored::CleanupPolicyResource& from);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_CLEANUP_POLICY_CONVERSION_H_
