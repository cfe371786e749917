// Arrays in huge pages that live as long as the process. Control thread, at start.
#pragma once

#include <cstddef>
#include <new>

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

}  // namespace honeyswitch::dataplane
