#include "control/dpdk/session_flows.hpp"

#include <algorithm>
#include <array>

#include "base/stamp.hpp"
#include "control/dpdk/prefix_of.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::HoneypotIndex;
using dataplane::Session;
using dataplane::SessionState;

TimePoint last_seen_of(const Session& session, TimePoint now) {
    return Stamp32(session.last_seen.load(std::memory_order_relaxed)).before(now);
}

TimePoint moment(std::uint64_t milliseconds) {
    return TimePoint{Milliseconds{static_cast<std::int64_t>(milliseconds)}};
}
std::uint64_t milliseconds(TimePoint moment) {
    return static_cast<std::uint64_t>(moment.time_since_epoch().count());
}

/// In the words of the table.
SessionState state_of(const SessionRecord& record) {
    const SessionStats& stats = record.stats;
    std::uint32_t outlives_since = record.lasting ? Session::without_limit : 0;
    if (record.outlives_since)
        outlives_since = std::clamp(Stamp32::of(*record.outlives_since).milliseconds(), 1U, ~0U - 1);
    return {.key = stats.key,
            .path = stats.path,
            .honeypot = std::to_underlying(stats.honeypot),
            .progress = stats.progress,
            .counted = record.counted,
            .contained = record.contained,
            .ended = record.ended,
            .created = milliseconds(stats.created),
            .last_seen = Stamp32::of(stats.last_seen).milliseconds(),
            .outlives_since = outlives_since,
            .packets_in = static_cast<std::uint32_t>(stats.packets_in),
            .packets_out = static_cast<std::uint32_t>(stats.packets_out),
            .bytes_in = stats.bytes_in,
            .bytes_out = stats.bytes_out};
}

}  // namespace

/// `insert` puts the session into the table, of which the mark of its destination must come before.
template <typename Insert>
std::optional<FlowId> SessionFlows::insert(Ipv4Address destination, HoneypotId honeypot, Insert insert) {
    plane_.addresses().session_added(destination.value);
    const auto index = insert();
    if (!index) {
        plane_.addresses().session_removed(destination.value);
        return std::nullopt;
    }
    ++honeypot_sessions_.at(std::to_underlying(honeypot));
    return FlowId{*index};
}

std::optional<FlowId> SessionFlows::add_session(const SessionFlow& session, TimePoint now) {
    return insert({session.key.inside.host()}, session.honeypot, [&] {
        return table().add({.key = session.key,
                            .path = session.path,
                            .honeypot = std::to_underlying(session.honeypot),
                            .progress = session.progress,
                            .counted = session.counted,
                            .contained = session.contained,
                            .lasting = session.lasting},
                           milliseconds(now));
    });
}

std::optional<FlowId> SessionFlows::restore_session(const SessionRecord& session) {
    return insert({session.stats.key.inside.host()}, session.stats.honeypot,
                  [&] { return table().restore(state_of(session)); });
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

std::optional<SessionRecord> SessionFlows::record(FlowId flow, TimePoint now) const {
    const auto stats = session(flow, now);
    if (!stats) return std::nullopt;
    const Session& session = at(flow);
    const std::uint32_t since = session.outlives_since.load(std::memory_order_relaxed);
    SessionRecord record{.stats = *stats,
                         .counted = session.counted,
                         .contained = session.contained,
                         .lasting = since == Session::without_limit,
                         .ended = ended(flow)};
    if (since != 0 && !record.lasting) record.outlives_since = Stamp32(since).before(now);
    return record;
}

/// The step is read first: what its worker wrote before it is there then.
StepTimes SessionFlows::step_times(FlowId flow, TimePoint now) const {
    (void)at(flow).progress.load(std::memory_order_acquire);
    const dataplane::Milestones& milestones = table().milestones(std::to_underlying(flow));
    const auto moment_of = [now](const std::atomic<std::uint32_t>& stamp) -> std::optional<TimePoint> {
        const std::uint32_t value = stamp.load(std::memory_order_relaxed);
        return value != 0 ? std::optional(Stamp32(value).before(now)) : std::nullopt;
    };
    return {.answered = moment_of(milestones.answered),
            .handshake = moment_of(milestones.handshake),
            .payload = moment_of(milestones.payload),
            .flags_in = milestones.flags_in.load(std::memory_order_relaxed),
            .flags_out = milestones.flags_out.load(std::memory_order_relaxed)};
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

}  // namespace honeyswitch::control
