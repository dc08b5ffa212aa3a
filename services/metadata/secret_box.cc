#include "services/metadata/secret_box.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* Out(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

void Init() {
  if (sodium_init() < 0) std::abort();  // No source of randomness.
}

absl::Status Failed(const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat("key file ", path, ": ", std::strerror(errno)));
}

absl::Status SyncDirectory(const std::string& path) {
  std::string directory = std::filesystem::path(path).parent_path();
  // Not ".": GCC 12 takes that for overlapping memory when it optimizes.
  if (directory.empty()) directory.assign(1, '.');
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed(directory);
  const absl::Cleanup close_it = [&] { close(fd); };
  return fsync(fd) == 0 ? absl::OkStatus() : Failed(directory);
}

absl::Status WriteKey(const std::string& path, const std::string& key) {
  unlink(path.c_str());  // Of a start that did not get far.
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                      S_IRUSR | S_IWUSR);
  if (fd < 0) return Failed(path);
  const absl::Cleanup close_it = [&] { close(fd); };
  const auto written = write(fd, key.data(), key.size());
  if (written != static_cast<ssize_t>(key.size()) || fsync(fd) != 0) {
    return Failed(path);
  }
  return absl::OkStatus();
}

}  // namespace

SecretBox::SecretBox(std::string key) : key_(std::move(key)) {}

SecretBox::~SecretBox() { sodium_memzero(key_.data(), key_.size()); }

absl::StatusOr<std::unique_ptr<SecretBox>> SecretBox::Create(
    const std::string& path) {
  Init();
  std::string key(kKeyBytes, '\0');
  randombytes_buf(key.data(), key.size());
  // Written aside first: a key file is never there in part.
  const std::string aside = path + ".new";
  RETURN_IF_ERROR(WriteKey(aside, key));
  const absl::Cleanup remove_it = [&] { unlink(aside.c_str()); };
  if (link(aside.c_str(), path.c_str()) != 0) {
    if (errno != EEXIST) return Failed(path);
    return absl::AlreadyExistsError(
        absl::StrCat("key file ", path, " exists already"));
  }
  RETURN_IF_ERROR(SyncDirectory(path));
  return std::unique_ptr<SecretBox>(new SecretBox(std::move(key)));
}

absl::StatusOr<std::unique_ptr<SecretBox>> SecretBox::Load(
    const std::string& path) {
  Init();
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    return absl::NotFoundError(absl::StrCat("no key file ", path));
  }
  if (fd < 0) return Failed(path);
  const absl::Cleanup close_it = [&] { close(fd); };
  struct stat about;
  if (fstat(fd, &about) != 0) return Failed(path);
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "key file ", path, " is open to others than its owner: chmod 600 it"));
  }
  std::string key(kKeyBytes + 1, '\0');
  const auto bytes = read(fd, key.data(), key.size());
  if (bytes < 0) return Failed(path);
  if (bytes != static_cast<ssize_t>(kKeyBytes)) {
    return absl::FailedPreconditionError(
        absl::StrCat("key file ", path, " does not hold a key"));
  }
  key.resize(kKeyBytes);
  return std::unique_ptr<SecretBox>(new SecretBox(std::move(key)));
}

std::string SecretBox::Seal(absl::string_view secret,
                            absl::string_view context) const {
  std::string sealed(kNonceBytes + secret.size() + kTagBytes, '\0');
  randombytes_buf(sealed.data(), kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      Out(sealed) + kNonceBytes, nullptr, In(secret), secret.size(),
      In(context), context.size(), nullptr, In(sealed), In(key_));
  return sealed;
}

absl::StatusOr<std::string> SecretBox::Open(absl::string_view sealed,
                                            absl::string_view context) const {
  const absl::Status refused =
      absl::DataLossError("a stored secret does not open with this key");
  if (sealed.size() < kNonceBytes + kTagBytes) return refused;
  const absl::string_view box = sealed.substr(kNonceBytes);
  std::string secret(box.size() - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          Out(secret), nullptr, nullptr, In(box), box.size(), In(context),
          context.size(), In(sealed), In(key_)) != 0) {
    return refused;
  }
  return secret;
}

}  // namespace cvr
