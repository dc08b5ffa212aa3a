#ifndef TESTS_SUPPORT_RESULTS_PAGE_H_
#define TESTS_SUPPORT_RESULTS_PAGE_H_

#include <string>

namespace cvr::testing {

// A page of the tree (RESULTS.md) with tables that a test writes, between lines
// `<!-- begin of NAME -->` and `<!-- end of NAME -->`; the text around them is
// written by hand.

// Fails the test when the page says something else than `table`, unless
// CVR_WRITE_RESULTS is set: then the table is written into the page of the
// workspace (`bazel run`). `path` is from the root of the tree, `how_to` the
// command that writes it.
void CheckResults(const std::string& path, const std::string& name,
                  const std::string& table, const std::string& how_to);

// Only writes, for what is measured and so differs from run to run: does
// nothing unless CVR_WRITE_RESULTS is set.
void WriteMeasured(const std::string& path, const std::string& name,
                   const std::string& table);

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_RESULTS_PAGE_H_
