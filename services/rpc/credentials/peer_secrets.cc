#include "services/rpc/credentials/peer_secrets.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/process/whole_file.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr size_t kSecretBytes = 32;
// Shorter ones were made by hand, and could be guessed.
constexpr size_t kSecretCharsMin = 32;
constexpr size_t kFileBytesMax = 4096;
constexpr auto kLookInterval = std::chrono::seconds(1);

absl::Status FileError(const std::string& path, absl::string_view problem) {
  return absl::FailedPreconditionError(
      absl::StrCat("secret of a process, ", path, ": ", problem));
}

absl::Status SystemError(const std::string& path) {
  if (errno == ENOENT) return absl::NotFoundError(path);
  return FileError(path, std::strerror(errno));
}

std::string FingerprintOf(const struct stat& info) {
  return absl::StrCat(info.st_dev, ":", info.st_ino, ":", info.st_size, ":",
                      info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec, ":",
                      info.st_mode, ":", info.st_uid);
}

// Errors: NOT_FOUND when it is not there; FAILED_PRECONDITION.
absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  const int file =
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return SystemError(path);
  const absl::Cleanup closer = [file] { close(file); };
  struct stat info = {};
  if (fstat(file, &info) != 0) return SystemError(path);
  if (!S_ISREG(info.st_mode)) return FileError(path, "is not a regular file");
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return FileError(path, "belongs to another user");
  }
  if ((info.st_mode & 077) != 0) {
    return FileError(path, "others may read it: set its mode to 0600");
  }
  char buffer[kFileBytesMax];
  const ssize_t length = read(file, buffer, sizeof(buffer));
  if (length < 0) return SystemError(path);
  std::string secret(absl::StripAsciiWhitespace(
      absl::string_view(buffer, static_cast<size_t>(length))));
  if (secret.size() < kSecretCharsMin) {
    return FileError(path, "is too short: want 32 characters or more");
  }
  return secret;
}

absl::Status WriteSecret(const std::string& path) {
  const absl::Status written =
      ReplaceFile(path, MakePeerSecret() + "\n", FileSync::kDurable);
  if (written.ok()) return written;
  return absl::FailedPreconditionError(
      absl::StrCat("secret of a process, ", written.message()));
}

bool AreEqual(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string MakePeerSecret() {
  char bytes[kSecretBytes];
  size_t filled = 0;
  while (filled < sizeof(bytes)) {
    const ssize_t got = getrandom(bytes + filled, sizeof(bytes) - filled, 0);
    if (got > 0) filled += static_cast<size_t>(got);
  }
  return absl::BytesToHexString(absl::string_view(bytes, sizeof(bytes)));
}

absl::StatusOr<std::shared_ptr<PeerSecrets>> PeerSecrets::OpenOrMake(
    const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return FileError(directory, std::strerror(errno));
  }
  std::shared_ptr<PeerSecrets> secrets(new PeerSecrets(
      directory, PeerRoles{PeerRole::kGateway, PeerRole::kBlob}));
  for (const PeerRole role : kPeerRoles) {
    const auto read = ReadSecret(secrets->PathOf(role));
    if (absl::IsNotFound(read.status())) {
      RETURN_IF_ERROR(WriteSecret(secrets->PathOf(role)));
    } else {
      RETURN_IF_ERROR(read.status());
    }
  }
  return secrets;
}

absl::StatusOr<std::shared_ptr<PeerSecrets>> PeerSecrets::Open(
    const std::string& directory, PeerRoles roles) {
  std::shared_ptr<PeerSecrets> secrets(new PeerSecrets(directory, roles));
  for (const PeerRole role : kPeerRoles) {
    if (!roles.Has(role)) continue;
    const auto read = ReadSecret(secrets->PathOf(role));
    if (absl::IsNotFound(read.status())) continue;
    RETURN_IF_ERROR(read.status());
  }
  return secrets;
}

std::string PeerSecrets::PathOf(PeerRole role) const {
  return absl::StrCat(directory_, "/", NameOf(role), ".secret");
}

std::string PeerSecrets::Of(PeerRole role) const {
  if (!roles_.Has(role)) return "";
  const auto now = std::chrono::steady_clock::now();
  MutexLock lock(&mutex_);
  const auto [found, is_new] = entries_.try_emplace(role);
  Entry& entry = found->second;
  if (!is_new && now - entry.looked_at < kLookInterval) return entry.secret;
  entry.looked_at = now;
  const std::string path = PathOf(role);
  struct stat info = {};
  const std::string fingerprint =
      lstat(path.c_str(), &info) == 0 ? FingerprintOf(info) : "";
  if (!is_new && fingerprint == entry.fingerprint) return entry.secret;
  auto read = ReadSecret(path);
  if (!read.ok()) {
    if (!std::exchange(entry.was_told, true)) {
      spdlog::warn("no secret for the role '{}' yet: {}",
                   std::string(NameOf(role)),
                   std::string(read.status().message()));
    }
    // Looked for again: what was wrong may be the owner or the mode.
    entry.secret.clear();
    entry.fingerprint.clear();
    return "";
  }
  entry.was_told = false;
  entry.fingerprint = fingerprint;
  entry.secret = *std::move(read);
  return entry.secret;
}

PeerRoles PeerSecrets::RolesOf(absl::string_view shown) const {
  PeerRoles roles;
  if (shown.empty()) return roles;
  for (const PeerRole role : kPeerRoles) {
    const std::string secret = Of(role);
    if (!secret.empty() && AreEqual(secret, shown)) roles.Add(role);
  }
  return roles;
}

}  // namespace cvr
