// Whether this machine has what the configuration asks for. A configuration can be right and the machine
// another one, or not ready yet: so this is apart from the configuration's own rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// What is missing for a start.
struct Lack {
    std::string sentence;  ///< names the setting, what it wants, what there is, and what to do
    bool lasting = false;  ///< starting again cannot help: the machine or the configuration must change first
};

/// A port that is not there, or cannot be had, and that the switch can start without.
struct AbsentPort {
    std::size_t index;     ///< of ports_of(Config)
    std::string sentence;  ///< as a Lack's, with what becomes of the start
};

struct MachineReport {
    std::vector<Lack> lacks;  ///< any of them keeps the switch from starting
    /// Links matter more than honeypots do, and those that are whole more than one that is not: the switch
    /// starts without these.
    std::vector<AbsentPort> absent;
    std::vector<std::string> notes;  ///< sentences on what is worth knowing and keeps it from nothing
};

/// Where the kernel tells of the machine; elsewhere only in tests.
struct KernelFiles {
    std::filesystem::path sysfs = "/sys";
    std::filesystem::path procfs = "/proc";
};

/// `bytes_needed`: of huge pages, or of memory without them. Looks, and changes nothing; a running switch is
/// not disturbed. Main thread.
[[nodiscard]] MachineReport check_machine(const Config& config, std::uint64_t bytes_needed,
                                          const KernelFiles& kernel = {});

/// What tables and buffers need against what there is, as a clause: "the capacities need at least 1024 MB of
/// huge pages, and of 512 MB 200 MB are free".
[[nodiscard]] std::string memory_text(const Config& config, std::uint64_t bytes_needed,
                                      const KernelFiles& kernel = {});

/// Whether the address is one of this machine's, in this network namespace; 0.0.0.0 always is.
[[nodiscard]] bool is_local_address(const std::string& address);

}  // namespace honeyswitch::control
