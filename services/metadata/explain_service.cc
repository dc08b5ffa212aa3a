#include "services/metadata/explain_service.h"

namespace cvr {

grpc::Status ExplainServiceImpl::Explain(grpc::ServerContext* context,
                                         const v1::ExplainRequest* request,
                                         v1::ExplainResponse* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller&) {
    return explainer_.Explain(*request);
  });
}

}  // namespace cvr
