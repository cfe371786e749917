// Any frame: parse_arp never reads outside it, and what it accepts is written back the same.
#include <cstdlib>

#include "agent/explore/arp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace honeyswitch;
    using namespace honeyswitch::agent;
    for (const std::optional<std::uint16_t> tci :
         {std::optional<std::uint16_t>(), std::optional<std::uint16_t>(20)}) {
        const auto frame = parse_arp(Bytes(data, size), tci);
        if (frame && parse_arp(encode(*frame), std::nullopt) != frame) std::abort();
    }
    return 0;
}
