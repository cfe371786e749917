// What both directions' codecs share: notice types and how a domain is written.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/wire/notice.hpp"

namespace honeyswitch::agent::codec {

enum class NoticeType : std::uint8_t {
    none = 0,  ///< never written
    change = 1,
    state_chunk = 2,
    keep_alive = 3,
    established = 129,
    acknowledgement = 130,
    state_acknowledgement = 131,
    keep_alive_reply = 132,
};

inline std::unexpected<Refusal> malformed() {
    return std::unexpected(Refusal::malformed);
}

/// NoticeType::none for a number that is no type's.
inline NoticeType get_type(ByteReader& reader) {
    const auto number = reader.get<std::uint8_t>();
    const bool known = (number >= 1 && number <= 3) || (number >= 129 && number <= 132);
    return known ? static_cast<NoticeType>(number) : NoticeType::none;
}

/// Network (4 octets) and length (1).
inline ByteWriter& put_prefix(ByteWriter& writer, Ipv4Prefix prefix) {
    return writer.put(prefix.network.value).put(prefix.length);
}

/// nullopt: shorter than a domain may be, longer than 32, or with bits below its mask.
inline std::optional<Ipv4Prefix> get_domain(ByteReader& reader) {
    const Ipv4Prefix read{{reader.get<std::uint32_t>()}, reader.get<std::uint8_t>()};
    if (!reader.ok() || read.length < shortest_domain || read.length > 32) return std::nullopt;
    if (Ipv4Prefix::of(read.network, read.length) != read) return std::nullopt;
    return read;
}

}  // namespace honeyswitch::agent::codec
