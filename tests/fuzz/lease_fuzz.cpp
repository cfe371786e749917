// Any text as a lease file of either format and as a static list.
#include <cstdlib>
#include <string_view>

#include "agent/vouchers/lease_file.hpp"
#include "agent/vouchers/static_list.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace honeyswitch;
    using namespace honeyswitch::agent;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto format : {LeaseFormat::isc_dhcpd, LeaseFormat::kea_memfile}) {
        const auto leases = parse_leases(format, text);
        if (leases.malformed > leases.entries || leases.active.size() > leases.entries) std::abort();
    }
    if (const auto list = parse_static_list("list", text))
        for (const auto prefix : *list)
            if (Ipv4Prefix::of(prefix.network, prefix.length) != prefix) std::abort();
    return 0;
}
