#ifndef SERVICES_METADATA_CONVERSION_UPSTREAM_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_UPSTREAM_CONVERSION_H_

#include "cvr/v1/upstream.pb.h"
#include "services/metadata/store/stored_upstream.pb.h"

namespace cvr {

// Between upstreams and their rows. Secrets stay behind, as does what else only
// one of the two has: conversion_test.cc lists it. Pure.
stored::UpstreamResource ToStored(const v1::Upstream& from);
v1::Upstream ToApi(const stored::UpstreamResource& from);

// With every default filled in: what counts.
v1::CachePolicy EffectiveCachePolicy(const stored::UpstreamResource& from);
v1::UpstreamLimits EffectiveLimits(const stored::UpstreamResource& from);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_UPSTREAM_CONVERSION_H_
