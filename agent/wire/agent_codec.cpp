// The notices that an agent sends.
#include "agent/wire/codec.hpp"

namespace honeyswitch::agent {
namespace {

using namespace codec;

constexpr std::uint8_t swept_flag = 1;

ByteWriter begin(NoticeType type, std::uint8_t flags, std::uint16_t count) {
    ByteWriter writer;
    writer.put(static_cast<std::uint8_t>(type)).put(flags).put(count);
    return writer;
}

std::vector<std::uint8_t> write(const Change& change) {
    auto writer = begin(NoticeType::change, 0, static_cast<std::uint16_t>(change.active.size()));
    put_prefix(writer.put(change.number), change.domain);
    writer.put(std::uint8_t{0}).put(static_cast<std::uint16_t>(change.inactive.size()));
    for (const auto address : change.active) writer.put(address.value);
    for (const auto address : change.inactive) writer.put(address.value);
    return writer.take();
}

std::vector<std::uint8_t> write(const StateChunk& chunk) {
    auto writer = begin(NoticeType::state_chunk, chunk.swept ? swept_flag : 0, 0);
    put_prefix(writer.put(chunk.number), chunk.domain);
    writer.put(chunk.index).put(chunk.chunks).put(std::uint8_t{0});
    writer.put(Bytes(chunk.digest)).put(Bytes(chunk.bitmap));
    return writer.take();
}

std::vector<std::uint8_t> write(const KeepAlive& keep_alive) {
    auto writer = begin(NoticeType::keep_alive, 0, static_cast<std::uint16_t>(keep_alive.entries.size()));
    writer.put(keep_alive.number).put(keep_alive.token);
    for (const auto& entry : keep_alive.entries) {
        put_prefix(writer, entry.domain);
        writer.put(static_cast<std::uint8_t>(entry.swept ? swept_flag : 0)).put(std::uint16_t{0});
        writer.put(entry.count).put(Bytes(entry.digest));
    }
    return writer.take();
}

struct Opening {
    std::uint8_t flags;
    std::uint16_t count;
};

using Read = std::expected<AgentNotice, Refusal>;

bool read_addresses(ByteReader& reader, std::size_t count, Ipv4Prefix domain,
                    std::vector<Ipv4Address>& into) {
    into.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Ipv4Address address{reader.get<std::uint32_t>()};
        if (!domain.contains(address)) return false;
        into.push_back(address);
    }
    return reader.ok();
}

Read read_change(ByteReader& reader, Opening opening) {
    Change change;
    change.number = reader.get<std::uint64_t>();
    const auto domain = get_domain(reader);
    const auto zero = reader.get<std::uint8_t>();
    const std::size_t inactive = reader.get<std::uint16_t>();
    const std::size_t active = opening.count;
    if (!domain || zero != 0 || opening.flags != 0 || change.number == 0) return malformed();
    if (active + inactive == 0 || reader.left() != (active + inactive) * 4) return malformed();
    change.domain = *domain;
    if (!read_addresses(reader, active, *domain, change.active)) return malformed();
    if (!read_addresses(reader, inactive, *domain, change.inactive)) return malformed();
    return change;
}

Read read_state_chunk(ByteReader& reader, Opening opening) {
    StateChunk chunk;
    chunk.number = reader.get<std::uint64_t>();
    const auto domain = get_domain(reader);
    chunk.index = reader.get<std::uint8_t>();
    chunk.chunks = reader.get<std::uint8_t>();
    const auto zero = reader.get<std::uint8_t>();
    chunk.digest = reader.get_array<16>();
    if (!reader.ok() || !domain || zero != 0 || opening.count != 0 || chunk.number == 0) return malformed();
    if (opening.flags > swept_flag || chunk.chunks != state_chunks(*domain) || chunk.index >= chunk.chunks)
        return malformed();
    const auto expected =
        std::min(state_chunk_size, AddressSet::bitmap_size(*domain) - chunk.index * state_chunk_size);
    if (reader.left() != expected) return malformed();
    const auto bitmap = reader.take(expected);
    chunk.bitmap.assign(bitmap.begin(), bitmap.end());
    chunk.domain = *domain;
    chunk.swept = opening.flags == swept_flag;
    return chunk;
}

Read read_keep_alive(ByteReader& reader, Opening opening) {
    KeepAlive keep_alive;
    keep_alive.number = reader.get<std::uint64_t>();
    keep_alive.token = reader.get<std::uint64_t>();
    if (!reader.ok() || opening.flags != 0 || reader.left() != opening.count * keep_alive_entry)
        return malformed();
    for (unsigned i = 0; i < opening.count; ++i) {
        const auto domain = get_domain(reader);
        const auto flags = reader.get<std::uint8_t>();
        const auto zero = reader.get<std::uint16_t>();
        if (!domain || flags > swept_flag || zero != 0) return malformed();
        const auto count = reader.get<std::uint32_t>();
        if (count > domain->size()) return malformed();
        keep_alive.entries.push_back({*domain, flags == swept_flag, count, reader.get_array<16>()});
    }
    return keep_alive;
}

}  // namespace

std::vector<std::uint8_t> encode(const AgentNotice& notice) {
    return std::visit([](const auto& alternative) { return write(alternative); }, notice);
}

std::expected<AgentNotice, Refusal> decode_agent_notice(Bytes notice) {
    ByteReader reader(notice);
    const auto type = get_type(reader);
    const auto flags = reader.get<std::uint8_t>();
    const Opening opening{flags, reader.get<std::uint16_t>()};
    if (notice.size() > max_notice) return malformed();
    switch (type) {
        case NoticeType::change:
            return read_change(reader, opening);
        case NoticeType::state_chunk:
            return read_state_chunk(reader, opening);
        case NoticeType::keep_alive:
            return read_keep_alive(reader, opening);
        default:
            return malformed();
    }
}

}  // namespace honeyswitch::agent
