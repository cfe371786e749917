#include "control/state/state_saver.hpp"

#include <algorithm>
#include <span>

namespace honeyswitch::control {
namespace {

template <typename Entry>
StateBytes block_of(StateKind kind, const std::vector<Entry>& entries) {
    StateBlockWriter block(kind);
    for (const Entry& entry : entries) block.add(entry);
    return block.take();
}

}  // namespace

void StateSaver::begin(const StateHeader& header, const StateNames& names, TimePoint now) {
    clocks_ = ClockPair(header.saved_at, now);
    totals_ = {};
    writer_.begin();
    writer_.put(header_bytes(header));
    writer_.put(block_of(StateKind::honeypots, names.honeypots));
    writer_.put(block_of(StateKind::links, names.links));
    writer_.put(block_of(StateKind::agents, names.agents));
    writer_.put(block_of(StateKind::campus, names.campus));
    next_domain_ = {};
    next_address_ = {};
    next_sighting_ = 0;
    next_place_ = 0;
    block_ = StateBlockWriter(StateKind::watches);
    phase_ = Phase::watches;
}

void StateSaver::step(TimePoint now) {
    if (phase_ == Phase::idle || !writer_.has_room()) return;
    if (phase_ == Phase::watches) return step_watches(now);
    if (phase_ == Phase::vouchers) return step_vouchers();
    if (phase_ == Phase::sightings) return step_sightings();
    step_sessions(now);
}

void StateSaver::flush() {
    if (block_.entries() != 0) writer_.put(block_.take());
}

void StateSaver::enter(Phase phase) {
    flush();
    phase_ = phase;
    if (phase == Phase::vouchers) block_ = StateBlockWriter(StateKind::vouchers);
    if (phase == Phase::sightings) block_ = StateBlockWriter(StateKind::sightings);
    if (phase == Phase::sessions) block_ = StateBlockWriter(StateKind::sessions);
    if (phase != Phase::idle) return;
    writer_.put(end_bytes(totals_));
    writer_.end();
}

/// Agents that have fallen silent first, as what they vouch for ends first.
void StateSaver::step_watches(TimePoint now) {
    const auto add = [&](const WatchRecord& watch) {
        block_.add(watch, clocks_);
        ++totals_.watches;
    };
    if (next_domain_ == Ipv4Prefix{}) controller_.visit_silent(add);
    const auto next = controller_.visit_watches(next_domain_, entries_a_slice, now, add);
    if (!next) return enter(Phase::vouchers);
    next_domain_ = *next;
    flush();
}

void StateSaver::step_vouchers() {
    const auto& entries = controller_.addresses().entries();
    auto place = entries.lower_bound(next_address_);
    for (std::size_t i = 0; i < entries_a_slice && place != entries.end(); ++i, ++place)
        for (const Voucher voucher : place->second.vouchers)
            if (const auto agent = agent_of(voucher)) {
                block_.add(SavedVoucher{.address = place->first, .agent = *agent});
                ++totals_.vouchers;
            }
    if (place == entries.end()) return enter(Phase::sightings);
    next_address_ = place->first;
    flush();
}

void StateSaver::step_sightings() {
    const auto next =
        controller_.visit_sightings(next_sighting_, entries_a_slice, [&](const SightingRecord& sighting) {
            block_.add(sighting, clocks_);
            ++totals_.sightings;
        });
    if (!next) return enter(Phase::sessions);
    next_sighting_ = *next;
    flush();
}

/// Where sessions are few a block takes those of several slices.
void StateSaver::step_sessions(TimePoint now) {
    const std::uint32_t end = std::min(flows_.session_capacity(), next_place_ + places_a_slice);
    for (; next_place_ < end; ++next_place_)
        if (auto record = flows_.record(FlowId{next_place_}, now)) {
            record->flow_id = controller_.sessions().flow_id(FlowId{next_place_});
            block_.add(*record, clocks_);
            ++totals_.sessions;
        }
    if (next_place_ == flows_.session_capacity()) return enter(Phase::idle);
    if (block_.entries() >= places_a_slice / 2) flush();
}

}  // namespace honeyswitch::control
