#ifndef SERVICES_METADATA_EXPLAIN_SERVICE_H_
#define SERVICES_METADATA_EXPLAIN_SERVICE_H_

#include "protos/cvr/v1/explain_service.grpc.pb.h"
#include "services/metadata/resolution/explainer.h"
#include "services/rpc/call_guard.h"

namespace cvr {

// An Explainer on the wire. It and the guard must outlive the service.
class ExplainServiceImpl final : public v1::ExplainService::Service {
 public:
  ExplainServiceImpl(Explainer& explainer, CallGuard& guard)
      : explainer_(explainer), guard_(guard) {}

  grpc::Status Explain(grpc::ServerContext* context,
                       const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override;

 private:
  Explainer& explainer_;
  CallGuard& guard_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_EXPLAIN_SERVICE_H_
