// ThreadSanitizer cannot see the reference counts inside of Debian's
// uninstrumented Abseil: whoever lets go of a shared absl::Status last seems to
// race with all who had it before.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:absl::*Status::~Status\n"
         "race:absl::*Status::Unref\n"
         "race:absl::*status_internal::Payload\n";
}
