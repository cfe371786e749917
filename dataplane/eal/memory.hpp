// Arrays in huge pages that live as long as the process, and secrets. Control thread, at start.
#pragma once

#include <cstddef>
#include <new>

#include <sys/random.h>

#include <rte_malloc.h>

namespace honeyswitch::dataplane {

/// `count` default-constructed elements, aligned to a cache line; nullptr when memory is out. Given back with
/// rte_free.
template <typename T>
[[nodiscard]] T* allocate_array(const char* name, std::size_t count) {
    void* const memory = rte_zmalloc(name, sizeof(T) * count, RTE_CACHE_LINE_SIZE);
    if (memory == nullptr) return nullptr;
    T* const array = static_cast<T*>(memory);
    for (std::size_t i = 0; i < count; ++i) new (array + i) T();
    return array;
}

/// Fills `secret` with random bytes. False: the kernel has none.
template <typename T, std::size_t N>
[[nodiscard]] bool draw_secret(T (&secret)[N]) {
    return getrandom(secret, sizeof secret, 0) == sizeof secret;
}

}  // namespace honeyswitch::dataplane
