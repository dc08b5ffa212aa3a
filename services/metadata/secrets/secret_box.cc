#include "services/metadata/secrets/secret_box.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/process/whole_file.h"

namespace cvr {
namespace {

constexpr size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
// More than a rotation ever leaves.
constexpr size_t kKeysMax = 16;
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

// `status` of whole_file.h.
absl::Status OfKeyFile(const absl::Status& status) {
  if (status.ok()) return status;
  return absl::UnavailableError(absl::StrCat("key file ", status.message()));
}

// Where the bytes lie: a link to them stays one.
std::string Resolved(const std::string& path) {
  std::error_code error;
  const auto resolved = std::filesystem::canonical(path, error);
  return error ? path : resolved.string();
}

bool OpensWith(absl::string_view key, absl::string_view sealed,
               absl::string_view context, std::string& secret) {
  const absl::string_view box = sealed.substr(kNonceBytes);
  return crypto_aead_xchacha20poly1305_ietf_decrypt(
             Out(secret), nullptr, nullptr, In(box), box.size(), In(context),
             context.size(), In(sealed), In(key)) == 0;
}

}  // namespace

// Never changes once it is shared.
struct SecretBox::Keys {
  explicit Keys(std::string key_bytes, size_t on_file_bytes)
      : bytes(std::move(key_bytes)), on_file(on_file_bytes) {}
  ~Keys() { sodium_memzero(bytes.data(), bytes.size()); }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  absl::string_view newest() const {
    return absl::string_view(bytes).substr(0, kKeyBytes);
  }

  // One after the other, the newest first.
  std::string bytes;
  // How many of the bytes the file holds: the first.
  const size_t on_file;
};

SecretBox::SecretBox(std::string path, std::string key_bytes)
    : path_(std::move(path)) {
  const size_t on_file = key_bytes.size();
  keys_ = std::make_shared<const Keys>(std::move(key_bytes), on_file);
}

SecretBox::~SecretBox() = default;

std::shared_ptr<const SecretBox::Keys> SecretBox::keys() const {
  MutexLock lock(&mutex_);
  return keys_;
}

absl::StatusOr<std::unique_ptr<SecretBox>> SecretBox::Create(
    const std::string& path) {
  Init();
  std::string key(kKeyBytes, '\0');
  randombytes_buf(key.data(), key.size());
  const absl::Status written = CreateFile(path, key, FileSync::kDurable);
  if (absl::IsAlreadyExists(written)) {
    return absl::AlreadyExistsError(
        absl::StrCat("key file ", path, " already exists"));
  }
  RETURN_IF_ERROR(OfKeyFile(written));
  return std::unique_ptr<SecretBox>(new SecretBox(path, std::move(key)));
}

absl::StatusOr<std::unique_ptr<SecretBox>> SecretBox::Load(
    const std::string& path) {
  Init();
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    return absl::NotFoundError(
        absl::StrCat("key file ", path, " does not exist"));
  }
  if (fd < 0) return Failed(path);
  const absl::Cleanup close_it = [&] { close(fd); };
  struct stat about;
  if (fstat(fd, &about) != 0) return Failed(path);
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "permissions of key file ", path, " are too open: run chmod 600"));
  }
  std::string keys(kKeysMax * kKeyBytes + 1, '\0');
  const auto bytes = read(fd, keys.data(), keys.size());
  if (bytes < 0) return Failed(path);
  if (bytes == 0 || bytes % kKeyBytes != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("key file ", path, " does not contain a valid key"));
  }
  keys.resize(bytes);
  return std::unique_ptr<SecretBox>(new SecretBox(path, std::move(keys)));
}

std::string SecretBox::Seal(absl::string_view secret,
                            absl::string_view context) const {
  const auto keys = this->keys();
  std::string sealed(kNonceBytes + secret.size() + kTagBytes, '\0');
  randombytes_buf(sealed.data(), kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      Out(sealed) + kNonceBytes, nullptr, In(secret), secret.size(),
      In(context), context.size(), nullptr, In(sealed), In(keys->newest()));
  return sealed;
}

absl::StatusOr<std::string> SecretBox::Open(absl::string_view sealed,
                                            absl::string_view context) const {
  if (sealed.size() >= kNonceBytes + kTagBytes) {
    const auto keys = this->keys();
    std::string secret(sealed.size() - kNonceBytes - kTagBytes, '\0');
    for (size_t i = 0; i < keys->bytes.size(); i += kKeyBytes) {
      const absl::string_view key(keys->bytes.data() + i, kKeyBytes);
      if (OpensWith(key, sealed, context, secret)) return secret;
    }
  }
  return absl::DataLossError(
      "cannot decrypt a stored secret with the current key "
      "(--secret_key_file)");
}

absl::Status SecretBox::AddKey() {
  MutexLock one_at_a_time(&change_mutex_);
  const auto before = keys();
  if (before->on_file >= kKeysMax * kKeyBytes) {
    return absl::FailedPreconditionError(absl::StrCat(
        "key file ", path_, " already has the maximum of ", kKeysMax, " keys"));
  }
  std::string fresh(kKeyBytes, '\0');
  randombytes_buf(fresh.data(), fresh.size());
  const auto after = std::make_shared<const Keys>(fresh + before->bytes,
                                                  before->on_file + kKeyBytes);
  sodium_memzero(fresh.data(), fresh.size());
  RETURN_IF_ERROR(Write(after->bytes.substr(0, after->on_file)));
  MutexLock lock(&mutex_);
  keys_ = after;
  return absl::OkStatus();
}

absl::Status SecretBox::DropOldKeys() {
  MutexLock one_at_a_time(&change_mutex_);
  const auto before = keys();
  RETURN_IF_ERROR(Write(std::string(before->newest())));
  MutexLock lock(&mutex_);
  keys_ = std::make_shared<const Keys>(before->bytes, kKeyBytes);
  return absl::OkStatus();
}

bool SecretBox::HasOldKeys() const { return keys()->on_file > kKeyBytes; }

absl::Status SecretBox::Write(const std::string& on_file) const {
  return OfKeyFile(ReplaceFile(Resolved(path_), on_file, FileSync::kDurable));
}

}  // namespace cvr
