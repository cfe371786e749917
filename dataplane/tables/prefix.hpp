// A prefix as the tables have it.
#pragma once

#include <cstdint>

namespace honeyswitch::dataplane {

/// A prefix of an IPv4 network, in host byte order, without bits below the mask.
struct Prefix {
    std::uint32_t network = 0;
    std::uint8_t length = 0;

    [[nodiscard]] std::uint32_t host_mask() const {
        return length == 0 ? ~0U : (length == 32 ? 0U : ~0U >> length);
    }
    [[nodiscard]] std::uint64_t size() const { return std::uint64_t{host_mask()} + 1; }
    [[nodiscard]] bool contains(Prefix other) const {
        return other.length >= length && ((other.network ^ network) & ~host_mask()) == 0;
    }
    friend bool operator==(Prefix, Prefix) = default;
};

}  // namespace honeyswitch::dataplane
