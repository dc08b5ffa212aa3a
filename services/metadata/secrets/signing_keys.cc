#include "services/metadata/secrets/signing_keys.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/access/caller_claims.h"
#include "services/common/content_wire.h"
#include "services/common/digest.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

constexpr char kSetting[] = "signing_keys";

// Named by what it is.
std::string IdOf(const JwtKeyPair& pair) {
  return Digest::OfBytes(pair.public_key_pem).hex().substr(0, 16);
}

}  // namespace

absl::StatusOr<stored::SigningKeys> SigningKeys::Load(
    const ReadTransaction& transaction) const {
  stored::SigningKeys keys;
  ASSIGN_OR_RETURN(const auto sealed,
                   tables::FindSetting(transaction, kSetting));
  if (!sealed) return keys;
  ASSIGN_OR_RETURN(const std::string opened, box_.Open(*sealed, kSetting));
  if (!keys.ParseFromString(opened)) {
    return absl::DataLossError("metadata store: corrupt token signing keys");
  }
  return keys;
}

void SigningKeys::Put(WriteTransaction& transaction,
                      const stored::SigningKeys& keys) const {
  tables::PutSetting(transaction, kSetting,
                     box_.Seal(keys.SerializeAsString(), kSetting));
}

absl::StatusOr<int> SigningKeys::Reseal(WriteTransaction& transaction) const {
  ASSIGN_OR_RETURN(const auto keys, Load(transaction));
  if (keys.keys_size() > 0) Put(transaction, keys);
  return keys.keys_size();
}

bool SigningKeys::IsFresh(const stored::SigningKeys& keys) const {
  if (keys.keys().empty()) return false;
  const auto& last = keys.keys(keys.keys_size() - 1);
  return clock_.Now() < FromWire(last.create_time()) + options_.rotate_after;
}

absl::StatusOr<stored::SigningKeys> SigningKeys::Fresh() {
  ASSIGN_OR_RETURN(auto keys, ReadValue<stored::SigningKeys>(
                                  store_, [&](const ReadTransaction& read) {
                                    return Load(read);
                                  }));
  if (IsFresh(keys)) return keys;
  return WriteValue<stored::SigningKeys>(
      store_,
      [&](WriteTransaction& transaction)
          -> absl::StatusOr<stored::SigningKeys> {
        ASSIGN_OR_RETURN(keys, Load(transaction));
        if (IsFresh(keys)) return keys;
        const absl::Time now = clock_.Now();
        // Of the last one before, tokens are still about; of others none.
        while (keys.keys_size() > 1) keys.mutable_keys()->DeleteSubrange(0, 1);
        const JwtKeyPair pair = MakeJwtKeyPair();
        auto& key = *keys.add_keys();
        key.set_id(IdOf(pair));
        key.set_private_key_pem(pair.private_key_pem);
        key.set_public_key_pem(pair.public_key_pem);
        *key.mutable_create_time() = ToWire(now);
        Put(transaction, keys);
        return keys;
      });
}

absl::StatusOr<stored::SigningKeys::Key> SigningKeys::Current() {
  ASSIGN_OR_RETURN(const auto keys, Fresh());
  return keys.keys(keys.keys_size() - 1);
}

absl::StatusOr<JwtPublicKeys> SigningKeys::Verifying() {
  ASSIGN_OR_RETURN(const auto keys, Fresh());
  JwtPublicKeys verifying;
  const auto& last = keys.keys(keys.keys_size() - 1);
  const absl::Time replaced_at = FromWire(last.create_time());
  const bool still_about =
      clock_.Now() < replaced_at + options_.token_lifetime + kClockSkewMax;
  for (const auto& key : keys.keys()) {
    if (key.id() == last.id() || still_about) {
      verifying[key.id()] = key.public_key_pem();
    }
  }
  return verifying;
}

}  // namespace cvr
