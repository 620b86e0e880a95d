// FailingNew: makes an allocation fail, whoever in the process asks for it.
//
//   {
//     FailingNew memory(17, Memory::fails_once);   // the 18th allocation from here on
//     call_the_code_under_test();
//     if (memory.hit()) ...                        // it did come to that
//   }
//
// Replaces operator new of the whole program. Single-threaded.
#pragma once

namespace c2watch::testing_support {

enum class Memory {
  fails_once,       // finds what is half done when everything after it works again
  stays_exhausted,  // finds who needs memory to report that there is none
};

class FailingNew {
 public:
  FailingNew(long after, Memory kind);
  ~FailingNew();
  FailingNew(const FailingNew&) = delete;
  FailingNew& operator=(const FailingNew&) = delete;

  bool hit() const;
};

// Allocations since the program began; for tests that allow none.
long allocations();

}  // namespace c2watch::testing_support
