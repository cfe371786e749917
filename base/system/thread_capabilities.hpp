// Capabilities are of a thread, and what one thread has, another can use for it: so all give them up
// together.
#pragma once

#include <cstdint>
#include <expected>

#include "base/error.hpp"

namespace honeyswitch {

/// A bit for each capability(7), by its number.
using CapabilitySet = std::uint64_t;

[[nodiscard]] constexpr CapabilitySet capability(unsigned number) {
    return CapabilitySet{1} << number;
}

/// Each thread of this process keeps those of `kept` that it has, and loses all others for good. Threads that
/// begin later have what the one has that began them. Takes a signal that is ignored otherwise (SIGRTMAX),
/// which interrupts what threads wait for. Any thread, one at a time; within a second or two. Errors: the
/// kernel refuses, or a thread does not answer.
[[nodiscard]] std::expected<void, Error> keep_capabilities(CapabilitySet kept);

}  // namespace honeyswitch
