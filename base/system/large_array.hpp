// An array of many elements, of which a few are used at a time, here and there: in huge pages if the kernel
// has any to give, as each access to another small page would cost a walk through the page tables.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

#include <sys/mman.h>

namespace honeyswitch {

/// All of its memory is taken, and touched, when it is made. Throws std::bad_alloc, as a vector does.
template <typename T>
    requires std::is_trivially_destructible_v<T>
class LargeArray {
  public:
    explicit LargeArray(std::size_t count) : count_(count) {
        if (count == 0) return;
        void* const memory =
            mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        (void)madvise(memory, bytes(), MADV_HUGEPAGE);  // without them it is only slower
        elements_ = static_cast<T*>(memory);
        std::uninitialized_value_construct_n(elements_, count);
    }
    ~LargeArray() {
        if (elements_ != nullptr) munmap(elements_, bytes());
    }
    LargeArray(const LargeArray&) = delete;
    LargeArray& operator=(const LargeArray&) = delete;

    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] T& operator[](std::size_t i) { return elements_[i]; }
    [[nodiscard]] const T& operator[](std::size_t i) const { return elements_[i]; }

  private:
    [[nodiscard]] std::size_t bytes() const { return count_ * sizeof(T); }

    T* elements_ = nullptr;
    std::size_t count_;
};

}  // namespace honeyswitch
