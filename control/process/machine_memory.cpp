#include "control/process/machine_memory.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

namespace honeyswitch::control {
namespace {

std::uint64_t number_in(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::uint64_t number = 0;
    file >> number;
    return file ? number : 0;
}

/// 2097152 of ".../hugepages-2048kB".
std::uint64_t page_size(const std::filesystem::path& pool) {
    const auto name = pool.filename().string();
    const auto digits = name.find_first_of("0123456789");
    if (digits == std::string::npos) return 0;
    std::uint64_t kilobytes = 0;
    std::from_chars(name.data() + digits, name.data() + name.size(), kilobytes);
    return kilobytes << 10;
}

}  // namespace

Memory huge_pages(const std::filesystem::path& sysfs) {
    Memory sum;
    std::error_code missing;
    for (const auto& pool : std::filesystem::directory_iterator(sysfs / "kernel/mm/hugepages", missing)) {
        const auto size = page_size(pool.path());
        const auto free = number_in(pool.path() / "free_hugepages");
        const auto promised = number_in(pool.path() / "resv_hugepages");
        sum.all += size * number_in(pool.path() / "nr_hugepages");
        sum.free += size * (free - std::min(free, promised));
    }
    return sum;
}

Memory ordinary_memory(const std::filesystem::path& procfs) {
    Memory memory;
    std::ifstream file(procfs / "meminfo");
    std::string field, unit;
    for (std::uint64_t kilobytes = 0; file >> field >> kilobytes;) {
        if (field == "MemTotal:") memory.all = kilobytes << 10;
        if (field == "MemAvailable:") memory.free = kilobytes << 10;
        std::getline(file, unit);
    }
    return memory;
}

}  // namespace honeyswitch::control
