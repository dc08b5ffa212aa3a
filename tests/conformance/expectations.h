#ifndef TESTS_CONFORMANCE_EXPECTATIONS_H_
#define TESTS_CONFORMANCE_EXPECTATIONS_H_

#include <string>
#include <vector>

#include "tests/support/http_client.h"

// What requirements are checked with. Each answers what is wrong, or nothing.
namespace cvr::testing {

// The first that is not empty.
std::string FirstOf(const std::vector<std::string>& problems);

std::string Status(const HttpResponse& response, int wanted);
std::string Header(const HttpResponse& response, const std::string& name,
                   const std::string& wanted);
std::string Equal(const std::string& what, const std::string& got,
                  const std::string& wanted);
// The body is as long as its Content-Length and has these bytes.
std::string Body(const HttpResponse& response, const std::string& wanted);
// An error in the form that the specification gives. `code` may be empty.
std::string OciError(const HttpResponse& response, int status,
                     const std::string& code);

}  // namespace cvr::testing

#endif  // TESTS_CONFORMANCE_EXPECTATIONS_H_
