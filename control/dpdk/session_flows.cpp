#include "control/dpdk/session_flows.hpp"

#include <algorithm>
#include <array>

#include "base/stamp.hpp"
#include "control/dpdk/prefix_of.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::HoneypotIndex;
using dataplane::Session;

TimePoint last_seen_of(const Session& session, TimePoint now) {
    return Stamp32(session.last_seen.load(std::memory_order_relaxed)).before(now);
}

TimePoint moment(std::uint64_t milliseconds) {
    return TimePoint{Milliseconds{static_cast<std::int64_t>(milliseconds)}};
}
std::uint64_t milliseconds(TimePoint moment) {
    return static_cast<std::uint64_t>(moment.time_since_epoch().count());
}

}  // namespace

std::optional<FlowId> SessionFlows::add_session(const SessionFlow& session, TimePoint now) {
    const std::uint32_t destination = session.key.inside.host();
    plane_.addresses().session_added(destination);  // the mark comes before the session
    const auto index = table().add({.key = session.key,
                                    .path = session.path,
                                    .honeypot = std::to_underlying(session.honeypot),
                                    .progress = session.progress,
                                    .counted = session.counted,
                                    .contained = session.contained,
                                    .lasting = session.lasting},
                                   milliseconds(now));
    if (!index) {
        plane_.addresses().session_removed(destination);
        return std::nullopt;
    }
    ++honeypot_sessions_.at(std::to_underlying(session.honeypot));
    return FlowId{*index};
}

/// Another honeypot for a running session.
void SessionFlows::rehome(Session& session, HoneypotIndex honeypot) {
    --honeypot_sessions_.at(session.honeypot.load(std::memory_order_relaxed));
    ++honeypot_sessions_.at(honeypot);
    session.honeypot.store(honeypot, std::memory_order_relaxed);
}

void SessionFlows::delete_sessions(std::span<const FlowId> flows) {
    for (const FlowId flow : flows) {
        const auto index = std::to_underlying(flow);
        const auto* const key = table().key_of(index);
        if (key == nullptr) continue;
        const std::uint32_t destination = key->inside.host();
        --honeypot_sessions_.at(table().at(index).honeypot.load(std::memory_order_relaxed));
        table().remove(index);
        plane_.addresses().session_removed(destination);
    }
    table().end_batch();
}

std::optional<SessionStats> SessionFlows::session(FlowId flow, TimePoint now) const {
    const auto* const key = table().key_of(std::to_underlying(flow));
    if (key == nullptr) return std::nullopt;
    const Session& session = at(flow);
    return SessionStats{.key = *key,
                        .path = table().way_back(session),
                        .honeypot = HoneypotId{session.honeypot.load(std::memory_order_relaxed)},
                        .progress = session.progress.load(std::memory_order_relaxed),
                        .created = moment(session.created),
                        .last_seen = last_seen_of(session, now),
                        .packets_in = session.packets_in.load(std::memory_order_relaxed),
                        .bytes_in = session.bytes_in.load(std::memory_order_relaxed),
                        .packets_out = session.packets_out.load(std::memory_order_relaxed),
                        .bytes_out = session.bytes_out.load(std::memory_order_relaxed)};
}

std::uint64_t SessionFlows::sessions_in(Ipv4Prefix domain) const {
    return plane_.addresses().sessions_in(prefix_of(domain));
}

TimePoint SessionFlows::last_seen(FlowId flow, TimePoint now) const {
    return last_seen_of(at(flow), now);
}

std::optional<SessionProgress> SessionFlows::take_progress(FlowId flow) {
    const auto* const key = table().key_of(std::to_underlying(flow));
    if (key == nullptr) return std::nullopt;
    Session& session = at(flow);
    const Step before = session.counted;
    session.counted = std::max(before, session.progress.load(std::memory_order_relaxed));
    return SessionProgress{*key, before, session.counted};
}

std::size_t SessionFlows::take_payloads(std::span<FlowId> flows) {
    std::array<dataplane::SessionTable::Index, 256> indices;
    const std::size_t count =
        table().take_payloads(std::span(indices).first(std::min(flows.size(), indices.size())));
    for (std::size_t i = 0; i < count; ++i) flows[i] = FlowId{indices[i]};
    return count;
}

void SessionFlows::move_sessions(HoneypotId from, std::uint32_t first, std::uint32_t count, PoolId pool) {
    for (std::uint32_t index = first; index < first + count; ++index) {
        const auto* const key = table().key_of(index);
        if (key == nullptr) continue;
        Session& session = table().at(index);
        if (session.honeypot.load(std::memory_order_relaxed) != std::to_underlying(from)) continue;
        const HoneypotIndex to = plane_.pools().choose(std::to_underlying(pool), *key);
        if (to != dataplane::no_honeypot) rehome(session, to);
    }
}

void SessionFlows::renumber_honeypots(std::span<const std::uint8_t> numbers) {
    for (std::uint32_t index = 0; index < session_capacity(); ++index) {
        const auto* const key = table().key_of(index);
        if (key == nullptr) continue;
        Session& session = table().at(index);
        const HoneypotIndex old = session.honeypot.load(std::memory_order_relaxed);
        if (old >= numbers.size()) continue;
        const bool gone = numbers[old] == dataplane::no_honeypot;
        rehome(session, gone ? plane_.pools().choose(0, *key) : numbers[old]);
    }
}

}  // namespace honeyswitch::control
