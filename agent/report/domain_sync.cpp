#include "agent/report/domain_sync.hpp"

#include <algorithm>

namespace honeyswitch::agent {

void DomainSync::Repeated::sent(Clock::time_point now) {
    due = now + interval;
    interval = std::min(2 * interval, last_retransmission);
}

void DomainSync::restart() {
    state_.reset();
    in_flight_.clear();
    state_wanted_ = true;
    refused_.reset();
    clean_ = false;
    // The state that follows carries them all; it settles what is older than itself, and 0 is.
    fresh_.clear();
    for (auto& [address, pending] : unacknowledged_) pending.number = 0;
}

void DomainSync::note(Ipv4Address address, std::optional<Clock::time_point> evidence) {
    clean_ = false;
    const bool active = report_->active.contains(address);
    const auto [entry, added] = unacknowledged_.try_emplace(address);
    auto& pending = entry->second;
    if (added || pending.number != 0) fresh_.push_back(address);
    pending.number = 0;
    if (!active) pending.evidence.reset();
    if (active && !pending.evidence) pending.evidence = evidence;
    if (fresh_.size() > max_fresh) state_wanted_ = true;
}

void DomainSync::flush(Clock::time_point now, ChangeNumber& number, bool state_allowed, const Emit& emit) {
    if (refused_ && now < refused_until_) return;
    if (state_ && now - state_->begun > state_patience) {
        state_.reset();
        state_wanted_ = true;
    }
    if (state_wanted_ && !state_ && state_allowed) begin_state(now, number);
    if (!fresh_.empty() && fresh_.size() <= max_fresh) begin_changes(now, number, emit);
    for (auto& in_flight : in_flight_)
        if (in_flight.repeat.due <= now) send_change(in_flight, now, emit);
    std::erase_if(in_flight_, [](const InFlight& in_flight) {
        return in_flight.change.active.empty() && in_flight.change.inactive.empty();
    });
    if (state_ && state_->repeat.due <= now) send_state(*state_, now, emit);
}

void DomainSync::begin_state(Clock::time_point now, ChangeNumber& number) {
    state_.emplace(State{++number, report_->active, report_->swept, 0, now, {now}});
    state_wanted_ = false;
    in_flight_.clear();
    fresh_.clear();
    for (auto& [address, pending] : unacknowledged_) pending.number = number;
}

void DomainSync::send_state(State& state, Clock::time_point now, const Emit& emit) {
    const auto bitmap = state.active.bitmap();
    const auto digest = state.active.digest();
    const auto chunks = state_chunks(report_->active.prefix());
    for (std::size_t index = 0; index < chunks; ++index) {
        if ((state.received >> index & 1) != 0) continue;
        const auto part = bitmap.subspan(index * state_chunk_size);
        const auto octets = part.first(std::min(part.size(), state_chunk_size));
        emit(StateChunk{state.number,
                        report_->active.prefix(),
                        state.swept,
                        static_cast<std::uint8_t>(index),
                        static_cast<std::uint8_t>(chunks),
                        digest,
                        {octets.begin(), octets.end()}});
    }
    state.repeat.sent(now);
}

void DomainSync::begin_changes(Clock::time_point now, ChangeNumber& number, const Emit& emit) {
    for (std::size_t first = 0; first < fresh_.size(); first += max_changed_addresses) {
        InFlight in_flight{{++number, report_->active.prefix(), {}, {}}, {now}};
        const auto count = std::min(max_changed_addresses, fresh_.size() - first);
        for (const auto address : std::span(fresh_).subspan(first, count)) {
            const bool active = report_->active.contains(address);
            (active ? in_flight.change.active : in_flight.change.inactive).push_back(address);
            unacknowledged_.at(address).number = number;
        }
        send_change(in_flight, now, emit);
        in_flight_.push_back(std::move(in_flight));
    }
    fresh_.clear();
}

void DomainSync::send_change(InFlight& in_flight, Clock::time_point now, const Emit& emit) {
    drop_superseded(in_flight.change);
    if (in_flight.change.active.empty() && in_flight.change.inactive.empty()) return;
    emit(in_flight.change);
    in_flight.repeat.sent(now);
}

void DomainSync::drop_superseded(Change& change) const {
    const auto superseded = [&](Ipv4Address address) {
        const auto pending = unacknowledged_.find(address);
        return pending == unacknowledged_.end() || pending->second.number != change.number;
    };
    std::erase_if(change.active, superseded);
    std::erase_if(change.inactive, superseded);
}

bool DomainSync::acknowledged(const Acknowledgement::Entry& entry, Clock::time_point now, Latency& latency) {
    const auto found = std::ranges::find(in_flight_, entry.number,
                                         [](const InFlight& in_flight) { return in_flight.change.number; });
    if (found == in_flight_.end()) return false;
    if (entry.code != ResponseCode::done) {
        refuse(entry.code, now);
        return true;
    }
    drop_superseded(found->change);
    for (const auto* const addresses : {&found->change.active, &found->change.inactive}) {
        for (const auto address : *addresses) {
            const auto pending = unacknowledged_.find(address);
            if (const auto evidence = pending->second.evidence) latency.record(now - *evidence);
            unacknowledged_.erase(pending);
        }
    }
    in_flight_.erase(found);
    refused_.reset();
    return true;
}

void DomainSync::acknowledged(const StateAcknowledgement& acknowledgement, Clock::time_point now,
                              Latency& latency) {
    if (!state_ || state_->number != acknowledgement.number) return;
    switch (acknowledgement.code) {
        case ResponseCode::incomplete:
            state_->received |= acknowledgement.received;
            return;
        case ResponseCode::done:
            settle_until(state_->number, now, latency);
            state_.reset();
            refused_.reset();
            differences_ = 0;
            return;
        case ResponseCode::not_granted:
        case ResponseCode::no_capacity:
            refuse(acknowledgement.code, now);
            return;
    }
}

void DomainSync::settle_until(ChangeNumber number, Clock::time_point now, Latency& latency) {
    std::erase_if(unacknowledged_, [&](const auto& entry) {
        const auto& pending = entry.second;
        if (pending.number == 0 || pending.number > number) return false;
        if (pending.evidence) latency.record(now - *pending.evidence);
        return true;
    });
}

void DomainSync::refuse(ResponseCode code, Clock::time_point now) {
    restart();
    refused_ = code;
    refused_until_ = now + (code == ResponseCode::not_granted ? grant_patience : capacity_patience);
}

KeepAlive::Entry DomainSync::keep_alive() {
    clean_ = in_step();
    return {report_->active.prefix(), report_->swept, report_->active.count(), report_->active.digest()};
}

void DomainSync::compared(ResponseCode code, Clock::time_point now) {
    if (code == ResponseCode::not_granted || code == ResponseCode::no_capacity) return refuse(code, now);
    if (code == ResponseCode::done) {
        differences_ = 0;
        return;
    }
    ++differences_;
    if (!clean_ && differences_ < max_differences) return;
    differences_ = 0;
    state_wanted_ = true;
}

std::optional<Clock::time_point> DomainSync::due() const {
    if (refused_ && (state_wanted_ || !unacknowledged_.empty())) return refused_until_;
    std::optional<Clock::time_point> earliest;
    const auto consider = [&](Clock::time_point due) {
        if (!earliest || due < *earliest) earliest = due;
    };
    for (const auto& in_flight : in_flight_) consider(in_flight.repeat.due);
    if (state_) consider(state_->repeat.due);
    return earliest;
}

}  // namespace honeyswitch::agent
