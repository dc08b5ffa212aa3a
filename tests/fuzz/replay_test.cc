// Runs a fuzz target without a fuzzer: over its corpus, and over mutations of
// it that are the same in every run.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace cvr {
namespace {

constexpr int kMutations = 30'000;

void RunTarget(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()),
                         input.size());
}

// CVR_CORPUS is the corpus' folder, from the build file.
std::vector<std::string> Corpus() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(CVR_CORPUS)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file),
                        std::istreambuf_iterator<char>());
  }
  return inputs;
}

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& corpus) : corpus_(corpus) {}

  std::string Next() {
    std::string input = corpus_[Below(corpus_.size())];
    for (size_t steps = 1 + Below(6); steps > 0; --steps) Mutate(input);
    return input;
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }

  void Mutate(std::string& input) {
    static constexpr char kTelling[] = "/%:-=,. \r\n\0?0aA9~\xff";
    const size_t at = Below(input.size() + 1);
    switch (Below(5)) {
      case 0:
        input.insert(at, 1, static_cast<char>(Below(256)));
        break;
      case 1:
        input.insert(at, 1, kTelling[Below(sizeof(kTelling))]);
        break;
      case 2:
        input.erase(at, 1 + Below(4));
        break;
      case 3:
        input.insert(at, input.substr(Below(input.size() + 1), Below(20)));
        break;
      default: {
        const std::string& other = corpus_[Below(corpus_.size())];
        input = input.substr(0, at) + other.substr(Below(other.size() + 1));
      }
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937 random_{20250801};
};

TEST(FuzzReplayTest, CorpusHolds) {
  const auto corpus = Corpus();
  ASSERT_FALSE(corpus.empty());
  for (const std::string& input : corpus) RunTarget(input);
  RunTarget("");
}

TEST(FuzzReplayTest, MutationsHold) {
  const auto corpus = Corpus();
  Mutator mutator(corpus);
  for (int i = 0; i < kMutations; ++i) RunTarget(mutator.Next());
}

}  // namespace
}  // namespace cvr
