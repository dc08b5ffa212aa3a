#ifndef SERVICES_METADATA_TEMP_DIR_H_
#define SERVICES_METADATA_TEMP_DIR_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "gtest/gtest.h"

namespace cvr::testing {

// A new directory that goes when this does, with all that is in it.
class TempDir {
 public:
  TempDir() {
    std::string pattern = ::testing::TempDir() + "/cvr-metadata-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace cvr::testing

#endif  // SERVICES_METADATA_TEMP_DIR_H_
