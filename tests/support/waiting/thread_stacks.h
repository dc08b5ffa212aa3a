#ifndef TESTS_SUPPORT_WAITING_THREAD_STACKS_H_
#define TESTS_SUPPORT_WAITING_THREAD_STACKS_H_

namespace cvr::testing {

// Gets ready for PrintThreadStacks(): what that needs is loaded now, while
// memory can still be allocated. Idempotent. Any thread.
void PrepareThreadStacks();

// Writes the stack of every thread of this process but the caller's to `fd`,
// one after the other, with the threads' names. It is for a process that hangs:
// each thread writes its own in a signal handler, which takes no lock and
// allocates nothing. A thread that does not within a second, as it blocks all
// signals or runs under ThreadSanitizer without a blocking call, is named only.
// Calls that the signal interrupts are restarted where POSIX does so; others
// see EINTR. Call PrepareThreadStacks() before. One thread at a time.
void PrintThreadStacks(int fd);

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_WAITING_THREAD_STACKS_H_
