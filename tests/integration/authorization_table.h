#ifndef TESTS_INTEGRATION_AUTHORIZATION_TABLE_H_
#define TESTS_INTEGRATION_AUTHORIZATION_TABLE_H_

#include <iostream>
#include <vector>

// Who is told what by every method of administration.
namespace cvr::testing {

// What a caller is told. kDone stands for every answer of who was let in, also
// that the request makes no sense; kGone for the answer that what does not
// exist gets.
enum class Told { kDone, kLogin, kDenied, kGone };

inline std::ostream& operator<<(std::ostream& out, Told told) {
  constexpr const char* kNames[] = {"done", "login", "denied", "gone"};
  return out << kNames[static_cast<int>(told)];
}

// Callers are all of group `acme` but for the last two.
enum CallerKind { kReader, kWriter, kForRegistry, kStranger, kAdmin };

struct AuthorizationRow {
  const char* method;
  // `R`, `U` and `P` stand for the ids of a registry, its upstream and its
  // attachment, `E` for an entry of that upstream; `Q`, `V` and `O` for those
  // that the caller kForRegistry is not for, `T` for an operation on them; all
  // of `acme`.
  const char* request;
  // By CallerKind.
  Told told[5];
};

// All rows. Those that are for one object come with a row for another, which
// the caller may not see.
std::vector<AuthorizationRow> AuthorizationTable();

}  // namespace cvr::testing

#endif  // TESTS_INTEGRATION_AUTHORIZATION_TABLE_H_
