// How much memory this machine has for tables and buffers.
#pragma once

#include <cstdint>
#include <filesystem>

namespace honeyswitch::control {

struct Memory {
    std::uint64_t all = 0;   ///< bytes, whoever uses them
    std::uint64_t free = 0;  ///< bytes that nobody uses and nobody was promised
};

/// Of huge pages of every size, on all NUMA nodes together.
[[nodiscard]] Memory huge_pages(const std::filesystem::path& sysfs = "/sys");
/// Of ordinary pages.
[[nodiscard]] Memory ordinary_memory(const std::filesystem::path& procfs = "/proc");

}  // namespace honeyswitch::control
