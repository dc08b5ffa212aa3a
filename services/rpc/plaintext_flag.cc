#include "services/rpc/plaintext_flag.h"

#include "absl/flags/flag.h"

ABSL_FLAG(bool, insecure_plaintext, false,
          "Whether addresses that other machines reach may be served and "
          "called without TLS, where anybody on the way can read passwords and "
          "tokens. For networks of containers, and behind a proxy that ends "
          "TLS.");

namespace cvr {

bool InsecurePlaintextFromFlag() {
  return absl::GetFlag(FLAGS_insecure_plaintext);
}

}  // namespace cvr
