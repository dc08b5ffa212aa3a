#ifndef SERVICES_METADATA_CONVERSION_ACCESS_TOKEN_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_ACCESS_TOKEN_CONVERSION_H_

#include "cvr/v1/access_token.pb.h"
#include "services/metadata/store/stored_access_token.pb.h"

namespace cvr {

// Between access tokens and their rows. What only one of the two has stays
// behind: conversion_test.cc lists it. A row without a group is of a token for
// all groups. Pure.
stored::AccessTokenResource ToStored(const v1::AccessToken& from);
v1::AccessToken ToApi(const stored::AccessTokenResource& from);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_ACCESS_TOKEN_CONVERSION_H_
