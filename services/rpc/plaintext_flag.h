#ifndef SERVICES_RPC_PLAINTEXT_FLAG_H_
#define SERVICES_RPC_PLAINTEXT_FLAG_H_

namespace cvr {

// Whether --insecure_plaintext was given.
bool InsecurePlaintextFromFlag();

}  // namespace cvr

#endif  // SERVICES_RPC_PLAINTEXT_FLAG_H_
