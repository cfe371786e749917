#include "dataplane/stages/session_progress.hpp"

#include <algorithm>

#include "dataplane/tables/session_table.hpp"

namespace honeyswitch::dataplane {

Contents contents_of(std::span<const std::uint8_t> frame, const L3View& l3) {
    const auto ip = load<Ipv4Header>(frame.data() + l3.l3_offset);
    const std::size_t l4 = l3.l3_offset + ip.header_length();
    const std::size_t length = ip.total_length.host() - ip.header_length();
    if (ip.fragment_offset() != 0) return {.payload = length != 0};
    if (ip.protocol == protocol::udp) return {.payload = length > 8};
    if (ip.protocol != protocol::tcp) return {.payload = true};
    constexpr std::size_t data_offset = 12, flags = tcp_flag::offset;
    if (frame.size() <= l4 + flags || length <= flags) return {.tcp = true};
    constexpr std::size_t shortest_header = 20;
    const std::size_t header = std::max(shortest_header, (frame[l4 + data_offset] >> 4) * std::size_t{4});
    return {.tcp = true, .tcp_flags = frame[l4 + flags], .payload = length > header};
}

bool advance(const SessionTable& sessions, Session& session, std::uint32_t now,
             std::span<const std::uint8_t> frame, const L3View& l3) {
    const Step before = session.progress.load(std::memory_order_relaxed);
    const Contents contents = contents_of(frame, l3);
    const Step after = step_after_packet(before, contents);
    Milestones& milestones = sessions.milestones(session);
    Milestones::saw(milestones.flags_in, contents.tcp_flags);
    if (after == before) return false;
    milestones.reached(before, after, contents.tcp, now);
    session.progress.store(after, std::memory_order_release);
    return after == Step::payload;
}

void advance_by_reply(const SessionTable& sessions, Session& session, std::uint32_t now,
                      std::span<const std::uint8_t> frame, const L3View& l3) {
    const Contents contents = contents_of(frame, l3);
    Milestones& milestones = sessions.milestones(session);
    Milestones::saw(milestones.flags_out, contents.tcp_flags);
    if (step_after_reply(Step::first_packet, contents) == Step::first_packet) return;
    milestones.answered.store(std::max(now, 1U), std::memory_order_relaxed);
    session.progress.store(Step::answered, std::memory_order_release);
}

}  // namespace honeyswitch::dataplane
