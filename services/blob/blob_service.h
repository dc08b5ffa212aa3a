#ifndef SERVICES_BLOB_BLOB_SERVICE_H_
#define SERVICES_BLOB_BLOB_SERVICE_H_

#include <memory>

#include "grpcpp/impl/service_type.h"
#include "services/blob/api/content_source.h"
#include "services/blob/store/blob_store.h"
#include "services/concurrency/fair_pool.h"

namespace cvr {

// cvr.internal.v1.BlobService over a ContentSource and its store, for other
// processes of the system (method_rules.h). The streaming methods are served
// raw, so that content is not copied into messages; what goes over the wire is
// the same. Everything that blocks runs on `pool`. All must outlive the server
// that the service is registered with.
std::unique_ptr<grpc::Service> MakeBlobService(ContentSource& source,
                                               BlobStore& store,
                                               FairPool& pool);

}  // namespace cvr

#endif  // SERVICES_BLOB_BLOB_SERVICE_H_
