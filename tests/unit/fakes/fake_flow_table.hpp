// Session flows without a data plane. Each member may be set by a test.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "control/controller/flow_table.hpp"

namespace honeyswitch::control {

class FakeFlowTable : public FlowTable, public SessionAccounts {
  public:
    std::optional<FlowId> add_session(const SessionFlow& session, TimePoint now) override {
        const auto flow = put({.stats = {.key = session.key,
                                         .path = session.path,
                                         .honeypot = session.honeypot,
                                         .progress = session.progress,
                                         .created = now,
                                         .last_seen = now},
                               .counted = session.counted,
                               .contained = session.contained,
                               .lasting = session.lasting});
        if (flow && added) added();
        return flow;
    }
    std::optional<FlowId> restore_session(const SessionRecord& session) override { return put(session); }
    std::optional<FlowId> find_session(const SessionKey& key) const override {
        for (const auto& [flow, stats] : sessions)
            if (stats.key == key) return flow;
        return std::nullopt;
    }
    std::optional<FlowId> find_session(const PacketIn& packet) const override {
        return find_session(packet.key);
    }
    void end_session(FlowId flow) override { ended_flows.insert(flow); }
    bool ended(FlowId flow) const override { return ended_flows.contains(flow); }
    void delete_sessions(std::span<const FlowId> flows) override {
        for (const FlowId flow : flows) {
            sessions.erase(flow);
            ended_flows.erase(flow);
            contained.erase(flow);
            lasting.erase(flow);
        }
    }
    std::optional<SessionStats> session(FlowId flow, TimePoint) const override {
        const auto place = sessions.find(flow);
        return place == sessions.end() ? std::nullopt : std::optional(place->second);
    }
    std::optional<SessionRecord> record(FlowId flow, TimePoint now) const override {
        const auto stats = session(flow, now);
        if (!stats) return std::nullopt;
        return SessionRecord{.stats = *stats,
                             .counted = counted.at(flow),
                             .contained = contained.contains(flow),
                             .lasting = lasting.contains(flow),
                             .ended = ended(flow)};
    }
    StepTimes step_times(FlowId flow, TimePoint) const override {
        const auto place = times.find(flow);
        return place == times.end() ? StepTimes{} : place->second;
    }
    std::uint32_t session_capacity() const override { return 1000; }
    std::uint32_t session_count() const override { return static_cast<std::uint32_t>(sessions.size()); }
    std::uint64_t sessions_in(Ipv4Prefix domain) const override {
        std::uint64_t count = 0;
        for (const auto& [flow, stats] : sessions)
            count += domain.contains(Ipv4Address{stats.key.inside.host()});
        return count;
    }
    void admit_by_handshake(bool wanted) override { handshake = wanted; }

    TimePoint last_seen(FlowId flow, TimePoint) const override { return sessions.at(flow).last_seen; }
    std::optional<SessionProgress> take_progress(FlowId flow) override {
        const auto place = sessions.find(flow);
        if (place == sessions.end()) return std::nullopt;
        const Step before = std::exchange(counted[flow], place->second.progress);
        return SessionProgress{place->second.key, before, place->second.progress};
    }
    std::size_t take_payloads(std::span<FlowId> flows) override {
        std::size_t count = 0;
        for (; count < flows.size() && !payloads.empty(); payloads.pop_back())
            flows[count++] = payloads.back();
        return count;
    }

    std::map<FlowId, SessionStats> sessions;
    std::map<FlowId, Step> counted;
    std::map<FlowId, StepTimes> times;
    std::set<FlowId> contained, lasting, ended_flows;
    std::vector<FlowId> payloads;
    bool handshake = false;
    std::size_t capacity = 1000;
    std::uint32_t next_flow = 0;

  protected:
    std::function<void()> added;  ///< called when a session is in and nobody else knows

  private:
    std::optional<FlowId> put(const SessionRecord& record) {
        if (sessions.size() == capacity) return std::nullopt;
        const FlowId flow{next_flow++ % 1000};
        sessions[flow] = record.stats;
        counted[flow] = record.counted;
        if (record.contained) contained.insert(flow);
        if (record.lasting) lasting.insert(flow);
        if (record.ended) ended_flows.insert(flow);
        return flow;
    }
};

}  // namespace honeyswitch::control
