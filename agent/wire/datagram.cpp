#include "agent/wire/datagram.hpp"

namespace honeyswitch::agent {

std::string_view name_of(Refusal refusal) {
    static constexpr std::array<std::string_view, refusal_count> names{
        "malformed", "unknown_version", "unknown_agent", "unknown_association",
        "forged",    "replayed",        "out_of_grant",  "no_capacity"};
    return names.at(static_cast<std::size_t>(refusal));
}

void put_header(ByteWriter& writer, DatagramKind kind) {
    writer.put(Bytes(notice_magic))
        .put(notice_version)
        .put(static_cast<std::uint8_t>(kind))
        .put(std::uint16_t{0});
}

std::expected<DatagramKind, Refusal> kind_of(Bytes datagram) {
    ByteReader reader(datagram);
    const auto magic = reader.get_array<4>();
    const auto version = reader.get<std::uint8_t>();
    const auto kind = reader.get<std::uint8_t>();
    const auto reserved = reader.get<std::uint16_t>();
    if (!reader.ok() || datagram.size() > max_datagram || magic != notice_magic)
        return std::unexpected(Refusal::malformed);
    if (version != notice_version) return std::unexpected(Refusal::unknown_version);
    if (reserved != 0 || kind < 1 || kind > 5) return std::unexpected(Refusal::malformed);
    return static_cast<DatagramKind>(kind);
}

}  // namespace honeyswitch::agent
