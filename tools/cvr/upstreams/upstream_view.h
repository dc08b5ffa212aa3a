#ifndef TOOLS_CVR_UPSTREAMS_UPSTREAM_VIEW_H_
#define TOOLS_CVR_UPSTREAMS_UPSTREAM_VIEW_H_

#include <string>
#include <vector>

#include "cvr/v1/upstream.pb.h"

namespace cvr {

// Upstreams as people see them.
std::string UpstreamTable(const std::vector<v1::Upstream>& upstreams);
std::string UpstreamFields(const v1::Upstream& upstream);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_UPSTREAM_VIEW_H_
