// The notices that a controller sends.
#include "agent/wire/codec.hpp"

namespace honeyswitch::agent {
namespace {

using namespace codec;

constexpr std::size_t acknowledgement_entry = 9;
constexpr std::size_t reply_entry = 6;

ByteWriter begin(NoticeType type, ResponseCode code, std::size_t count) {
    ByteWriter writer;
    writer.put(static_cast<std::uint8_t>(type))
        .put(static_cast<std::uint8_t>(code))
        .put(static_cast<std::uint16_t>(count));
    return writer;
}

std::vector<std::uint8_t> write(const Established&) {
    return begin(NoticeType::established, ResponseCode::done, 0).take();
}

std::vector<std::uint8_t> write(const Acknowledgement& acknowledgement) {
    auto writer = begin(NoticeType::acknowledgement, ResponseCode::done, acknowledgement.entries.size());
    for (const auto& entry : acknowledgement.entries)
        writer.put(entry.number).put(static_cast<std::uint8_t>(entry.code));
    return writer.take();
}

std::vector<std::uint8_t> write(const StateAcknowledgement& acknowledgement) {
    auto writer = begin(NoticeType::state_acknowledgement, acknowledgement.code, 0);
    put_prefix(writer.put(acknowledgement.number), acknowledgement.domain);
    return writer.put(std::uint8_t{0}).put(std::uint16_t{0}).put(acknowledgement.received).take();
}

std::vector<std::uint8_t> write(const KeepAliveReply& reply) {
    auto writer = begin(NoticeType::keep_alive_reply, ResponseCode::done, reply.entries.size());
    writer.put(reply.token);
    for (const auto& entry : reply.entries)
        put_prefix(writer, entry.domain).put(static_cast<std::uint8_t>(entry.code));
    return writer.take();
}

using Read = std::expected<ControllerNotice, Refusal>;

bool known(std::uint8_t code) {
    return code <= static_cast<std::uint8_t>(ResponseCode::no_capacity);
}

Read read_acknowledgement(ByteReader& reader, std::size_t count) {
    if (reader.left() != count * acknowledgement_entry) return malformed();
    Acknowledgement acknowledgement;
    for (std::size_t i = 0; i < count; ++i) {
        const auto number = reader.get<std::uint64_t>();
        const auto code = reader.get<std::uint8_t>();
        if (!known(code)) return malformed();
        acknowledgement.entries.push_back({number, static_cast<ResponseCode>(code)});
    }
    return acknowledgement;
}

Read read_state_acknowledgement(ByteReader& reader, ResponseCode code) {
    StateAcknowledgement acknowledgement;
    acknowledgement.code = code;
    acknowledgement.number = reader.get<std::uint64_t>();
    const auto domain = get_domain(reader);
    const auto zero = reader.get<std::uint8_t>() + reader.get<std::uint16_t>();
    acknowledgement.received = reader.get<std::uint64_t>();
    if (!domain || zero != 0 || !reader.ok() || reader.left() != 0) return malformed();
    acknowledgement.domain = *domain;
    return acknowledgement;
}

Read read_keep_alive_reply(ByteReader& reader, std::size_t count) {
    KeepAliveReply reply;
    reply.token = reader.get<std::uint64_t>();
    if (!reader.ok() || reader.left() != count * reply_entry) return malformed();
    for (std::size_t i = 0; i < count; ++i) {
        const auto domain = get_domain(reader);
        const auto code = reader.get<std::uint8_t>();
        if (!domain || !known(code)) return malformed();
        reply.entries.push_back({*domain, static_cast<ResponseCode>(code)});
    }
    return reply;
}

}  // namespace

std::vector<std::uint8_t> encode(const ControllerNotice& notice) {
    return std::visit([](const auto& alternative) { return write(alternative); }, notice);
}

std::expected<ControllerNotice, Refusal> decode_controller_notice(Bytes notice) {
    ByteReader reader(notice);
    const auto type = get_type(reader);
    const auto code = reader.get<std::uint8_t>();
    const std::size_t count = reader.get<std::uint16_t>();
    if (!reader.ok() || notice.size() > max_notice || !known(code)) return malformed();
    const bool plain = code == 0;
    switch (type) {
        case NoticeType::established:
            if (!plain || count != 0 || reader.left() != 0) return malformed();
            return Established{};
        case NoticeType::acknowledgement:
            return plain ? read_acknowledgement(reader, count) : Read(malformed());
        case NoticeType::state_acknowledgement:
            return count == 0 ? read_state_acknowledgement(reader, static_cast<ResponseCode>(code))
                              : Read(malformed());
        case NoticeType::keep_alive_reply:
            return plain ? read_keep_alive_reply(reader, count) : Read(malformed());
        default:
            return malformed();
    }
}

}  // namespace honeyswitch::agent
