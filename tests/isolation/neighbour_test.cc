// The table of neighbours: how long an innocent tenant waits for what he uses
// while another one misbehaves. What is held by the other is held until the
// innocent is done, so every answer that comes at all shows that nothing of his
// waited for it; a hang is an error. Times are printed, and written into
// RESULTS.md by tests/isolation/run, but never asserted.
#include <signal.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/isolation/noisy_neighbour.h"
#include "tests/isolation/well_behaved_tenant.h"
#include "tests/isolation/world.h"
#include "tests/support/results_page.h"
#include "tests/support/waiting/watchdog.h"

namespace cvr::testing {
namespace {

constexpr char kResults[] = "tests/isolation/RESULTS.md";
constexpr int64_t kMemoryMaxMib = 512;  // Engine DESIGN.md, "Memory".

#ifdef CVR_ASAN
constexpr bool kCountsMemory = false;  // Freed memory stays in quarantine.
#else
constexpr bool kCountsMemory = true;
#endif

void AllowManyFiles() {
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

// The most memory that the process has had since ForgetPeak(), in MiB.
int64_t PeakMib(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    int64_t kib = 0;
    if (words.size() > 1 && words[0] == "VmHWM" &&
        absl::SimpleAtoi(words[1], &kib)) {
      return kib / 1024;
    }
  }
  return 0;
}

void ForgetPeak(pid_t pid) {
  std::ofstream(absl::StrCat("/proc/", pid, "/clear_refs")) << "5";
}

std::vector<Trouble> AllTroubles() {
  std::vector<Trouble> all = {{"nothing", [](NoisyNeighbour&) {}}};
  for (auto* const some :
       {UpstreamTroubles, DocumentTroubles, ClientTroubles}) {
    for (Trouble& trouble : some()) all.push_back(std::move(trouble));
  }
  return all;
}

std::string HeadOf(const std::vector<std::string>& resources) {
  std::string head = "| the other's";
  std::string line = "| ---";
  for (const std::string& name : resources) {
    absl::StrAppend(&head, " | ", name);
    line += " | ---";
  }
  return absl::StrCat(head, " | peak MiB |\n", line, " | --- |\n");
}

std::string RowOf(const Trouble& trouble, const std::vector<Latency>& seen,
                  int64_t peak_mib) {
  std::string row = absl::StrCat("| ", trouble.name);
  for (const Latency& latency : seen) {
    absl::StrAppend(&row, " | ", latency.wrong.empty() ? "" : "HANGS OR FAILS ",
                    absl::ToInt64Milliseconds(latency.Median()), " / ",
                    absl::ToInt64Milliseconds(latency.Max()));
  }
  return absl::StrCat(row, " | ", peak_mib, " |\n");
}

// Held for ever, as far as the innocent is concerned.
std::vector<std::string> Flags() {
  return {"--upstream_answer_timeout=10m", "--upstream_connect_timeout=10m",
          "--upstream_stall_timeout=10m", "--registries_per_group_max=100"};
}

TEST(NeighbourTest, WhateverATenantDoesOthersAreServed) {
  const char* const only = std::getenv("CVR_TROUBLE");
  AllowManyFiles();
  Watchdog watchdog(absl::Minutes(5));
  std::string table;
  for (const Trouble& trouble : AllTroubles()) {
    if (only != nullptr && !absl::StrContains(trouble.name, only)) continue;
    SCOPED_TRACE(trouble.name);
    watchdog.Doing("starting for: " + trouble.name);
    World world(Shape::kStandalone, Flags());
    WellBehavedTenant tenant(world);
    const pid_t pid = world.system().gateway_pid();
    NoisyNeighbour neighbour(world);
    ForgetPeak(pid);
    watchdog.Doing(trouble.name);
    trouble.begin(neighbour);
    watchdog.Doing("the innocent during: " + trouble.name);
    const std::vector<Latency> seen = tenant.UseAll([&] {
      if (trouble.go_on) trouble.go_on(neighbour);
    });
    for (const Latency& latency : seen) EXPECT_EQ(latency.wrong, "");
    const int64_t peak_mib = PeakMib(pid);
    if (trouble.takes_memory && kCountsMemory) {
      EXPECT_LE(peak_mib, kMemoryMaxMib);
    }
    if (table.empty()) table = HeadOf(tenant.ResourceNames());
    const std::string row = RowOf(trouble, seen, peak_mib);
    std::cout << row << std::flush;
    absl::StrAppend(&table, row);
    watchdog.Doing("ending: " + trouble.name);
  }
  if (only == nullptr) WriteMeasured(kResults, "the neighbours", table);
}

}  // namespace
}  // namespace cvr::testing
