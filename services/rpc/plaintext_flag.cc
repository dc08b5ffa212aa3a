#include "services/rpc/plaintext_flag.h"

#include "absl/flags/flag.h"

ABSL_FLAG(bool, insecure_plaintext, false,
          "Allow unencrypted connections to and from other machines. Anyone on "
          "the network path can then read passwords and tokens. Use it only on "
          "a trusted container network or behind a TLS-terminating proxy.");

namespace cvr {

bool InsecurePlaintextFromFlag() {
  return absl::GetFlag(FLAGS_insecure_plaintext);
}

}  // namespace cvr
