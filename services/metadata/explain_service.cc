#include "services/metadata/explain_service.h"

#include "services/metadata/rpc_answer.h"

namespace cvr {

grpc::Status ExplainServiceImpl::Explain(grpc::ServerContext* /*context*/,
                                         const v1::ExplainRequest* request,
                                         v1::ExplainResponse* response) {
  return Answer(explainer_.Explain(*request), response);
}

}  // namespace cvr
