#ifndef SERVICES_RPC_TLS_CERTIFICATE_WATCH_H_
#define SERVICES_RPC_TLS_CERTIFICATE_WATCH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/periodic_thread.h"

namespace cvr {

// How much the end of a certificate matters.
enum class ExpiryLevel { kFine, kSoon, kExpired };

// Of the certificate in a file that ends first.
struct Expiry {
  ExpiryLevel level = ExpiryLevel::kFine;
  std::string text;  // For the log.
};

// So long before their end certificates are warned of.
constexpr absl::Duration kExpiryWarning = absl::Hours(14 * 24);

// `path` holds certificates in PEM form; what cannot be read counts as fine,
// since others complain of it. Reads the file only.
Expiry ExpiryOf(const std::string& path, absl::Time now);

// Writes to the log when this process's own certificates, and those of the
// authorities that it believes, end: a warning from 14 days before, an error
// once they have. At the start, once a day, and when it is told to.
// Thread-safe.
class CertificateWatch {
 public:
  // How often it looks whether a day has passed.
  static constexpr absl::Duration kLook = absl::Minutes(1);

  // The files at `paths`, of which empty ones are left out. Writes about each
  // at once, also that all is well. `clock` must outlive it.
  CertificateWatch(const std::vector<std::string>& paths,
                   const Clock& clock = Clock::Real(),
                   absl::Duration look = kLook);
  // Does not wait for the day to end.
  ~CertificateWatch() = default;

  // Reads the files again, and writes about each.
  void Check() const;

 private:
  void WriteOnceADay();
  // Writes about those that are well only if `all`.
  void Write(bool all) const;

  std::vector<std::string> paths_;  // Set at construction.
  const Clock& clock_;
  // Set by the thread alone.
  std::optional<absl::Time> written_at_;
  PeriodicThread thread_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_RPC_TLS_CERTIFICATE_WATCH_H_
