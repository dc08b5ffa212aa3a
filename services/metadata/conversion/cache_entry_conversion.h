#ifndef SERVICES_METADATA_CONVERSION_CACHE_ENTRY_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_CACHE_ENTRY_CONVERSION_H_

#include "cvr/v1/cache_entry.pb.h"
#include "services/metadata/store/stored_cache.pb.h"

namespace cvr {

// Between cache entries and their rows. What only one of the two has stays
// behind: conversion_test.cc lists it. Pure.
stored::CacheEntry ToStored(const v1::CacheEntry& from);
v1::CacheEntry ToApi(const stored::CacheEntry& from);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_CACHE_ENTRY_CONVERSION_H_
