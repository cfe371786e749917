#include "control/dpdk/honeypot_plane.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/headers.hpp"
#include "control/honeypots/pool_slots.hpp"
#include "dataplane/stages/parse.hpp"

namespace honeyswitch::control {
namespace {

/// Places of the session table looked at in one turn, for sessions to move.
constexpr std::uint32_t portion = 1024;

template <typename Record>
bool has_number(std::span<const Numbered<Record>> records, std::size_t number) {
    return std::ranges::find(records, number, &Numbered<Record>::number) != records.end();
}

/// Precondition: one has this number.
template <typename Record>
const Record& with_number(std::span<const Numbered<Record>> records, std::size_t number) {
    return std::ranges::find(records, number, &Numbered<Record>::number)->record;
}

/// The VLAN of a frame; a tag with a priority alone names none.
std::optional<std::uint16_t> vlan_of(std::span<const std::uint8_t> frame, const dataplane::L3View& l3) {
    if (l3.tag_count == 0) return std::nullopt;
    const auto tag = load<VlanTag>(frame.data() + ether_addresses_size);
    const auto vlan = static_cast<std::uint16_t>(tag.tci.host() & 0xfffU);
    return vlan == 0 ? std::nullopt : std::optional(vlan);
}

}  // namespace

HoneypotPlane::HoneypotPlane(dataplane::DataPlane& plane, DpdkSwitch& the_switch, EventBus& events,
                             HoneypotPlaneConfig config)
    : plane_(plane),
      switch_(the_switch),
      events_(events),
      config_(std::move(config)),
      health_(*this, config_.honeypots, config_.health) {
    put_all_in_force();
}

void HoneypotPlane::reconfigure(HoneypotPlaneConfig config) {
    const auto before = std::exchange(config_, std::move(config)).honeypots;
    health_.reconfigure(config_.honeypots, config_.health);
    for (const auto& [number, honeypot] : config_.honeypots)
        if (!has_number<Honeypot>(before, number)) replies_.at(number).forget();
    up_.fill(false);
    put_all_in_force();
    queue_moves();
}

void HoneypotPlane::restore_mac(HoneypotId honeypot, const MacAddress& mac) {
    health_.restore_mac(honeypot, mac);
    put_changes_in_force();
}

void HoneypotPlane::sessions_are_back() {
    for (const auto& [number, honeypot] : config_.honeypots)
        if (!plane_.honeypots().address(number) && switch_.flows().sessions_of(HoneypotId{number}) != 0)
            moves_.push_back({number, honeypot.pool});
}

void HoneypotPlane::put_changes_in_force() {
    for (const HoneypotChange& change : health_.take_changes()) {
        put_in_force(change);
        spread(configured(change.honeypot).pool);
    }
}

/// The pools come last: what they name is in its place by then.
void HoneypotPlane::put_all_in_force() {
    for (const HoneypotChange& change : health_.take_changes()) put_in_force(change);
    for (const auto& pool : config_.pools) spread(pool.number);
}

/// Sessions whose honeypot is gone, and of those that are down, find another as soon as there is one.
void HoneypotPlane::queue_moves() {
    moves_.clear();
    for (const auto& [number, honeypot] : config_.honeypots)
        if (!plane_.honeypots().address(number)) moves_.push_back({number, honeypot.pool});
    for (unsigned i = 0; i < dataplane::HoneypotTable::capacity; ++i) {
        const auto number = static_cast<dataplane::HoneypotIndex>(i);
        if (is_configured(number)) continue;
        const Move move{.from = number, .pool = 0, .leaving = true};
        if (switch_.flows().sessions_of(HoneypotId{number}) != 0)
            moves_.push_back(move);
        else
            take_out_of_service(move);
    }
}

bool HoneypotPlane::refers_to(HoneypotId honeypot, TimePoint left, TimePoint now) const {
    constexpr Milliseconds without_session{dataplane::PendingTable::lifetime_ms};
    return now - left < without_session || switch_.flows().sessions_of(honeypot) != 0;
}

bool HoneypotPlane::is_configured(dataplane::HoneypotIndex honeypot) const {
    return has_number<Honeypot>(config_.honeypots, honeypot);
}

const Honeypot& HoneypotPlane::configured(HoneypotId honeypot) const {
    return with_number<Honeypot>(config_.honeypots, std::to_underlying(honeypot));
}

const Pool& HoneypotPlane::pool_of(std::size_t number) const {
    return with_number<Pool>(config_.pools, number);
}

void HoneypotPlane::give_up(dataplane::PortIndex port) {
    given_up_.at(plane_.layout().honeypot_number(port)) = true;
    for (const auto& [number, honeypot] : config_.honeypots) {
        if (port_of(honeypot) != port) continue;
        put_in_force({.honeypot = HoneypotId{number}, .mac = status(HoneypotId{number}).mac, .up = false});
        spread(honeypot.pool);
    }
}

dataplane::PortIndex HoneypotPlane::port_of(const Honeypot& honeypot) const {
    return plane_.layout().honeypot_port(static_cast<unsigned>(honeypot.port));
}

HoneypotStatus HoneypotPlane::status(HoneypotId honeypot) const {
    HoneypotStatus status = health_.status(honeypot);
    if (given_up_.at(configured(honeypot).port)) status.arp = CheckState::failed;
    return status;
}

void HoneypotPlane::tick(TimePoint now) {
    for (const auto& [number, honeypot] : config_.honeypots)
        replies_.at(number).look(Stamp32(plane_.honeypots().last_reply(number)), now);
    if (!config_.asks_nobody) health_.tick(now);
    put_changes_in_force();
    move_some();
}

void HoneypotPlane::put_in_force(HoneypotChange change) {
    const Honeypot& honeypot = configured(change.honeypot);
    // Tables want an address even where nothing is sent to it.
    if (config_.asks_nobody)
        change = {.honeypot = change.honeypot, .mac = change.mac.value_or(MacAddress{}), .up = true};
    const auto index = std::to_underlying(change.honeypot);
    const Pool& pool = pool_of(honeypot.pool);
    const bool is_up = change.up && (config_.asks_nobody || !given_up_.at(honeypot.port));
    const bool was_up = std::exchange(up_.at(index), is_up);
    const bool stays = pool.on_failure == Pool::OnFailure::stay && change.mac;
    if (change.mac && (is_up || stays))
        plane_.honeypots().set(
            index, {change.mac->octets, honeypot.vlan.value_or(0), static_cast<unsigned>(honeypot.port)});
    else
        plane_.honeypots().unset(index, pool.when_none == Pool::WhenNone::drop);
    if ((is_up != was_up || !change.mac) && !config_.asks_nobody) tell_of(change, is_up);
    if (was_up && !is_up && !stays) moves_.push_back({index, honeypot.pool});
}

void HoneypotPlane::tell_of(const HoneypotChange& change, bool is_up) const {
    const Honeypot& honeypot = configured(change.honeypot);
    events_.publish(
        HoneypotChanged{.honeypot = honeypot.name,
                        .state = is_up ? HoneypotWord::up : HoneypotWord::down,
                        .mac = change.mac,
                        .told = {Gravity::information,
                                 fmt::format("honeypot {} is {}{}", honeypot.name, is_up ? "up" : "not up",
                                             change.mac ? " at " + to_string(*change.mac)
                                                        : ": its MAC address is not known yet")}});
}

/// The slots of a pool, over those of its honeypots that are up.
void HoneypotPlane::spread(std::size_t pool) {
    std::vector<PoolMember> members;
    for (const auto& [number, honeypot] : config_.honeypots)
        if (honeypot.pool == pool && up_.at(number))
            members.push_back({number, honeypot.name, honeypot.weight});
    std::array<std::uint8_t, dataplane::PoolTable::slot_count> slots;
    assign_slots(members, slots);
    const Pool& configured = pool_of(pool);
    plane_.pools().set(static_cast<dataplane::PoolIndex>(pool), configured.affinity,
                       configured.when_none == Pool::WhenNone::drop, slots);
}

bool HoneypotPlane::any_up(std::size_t pool) const {
    return std::ranges::any_of(config_.honeypots, [&](const Numbered<Honeypot>& honeypot) {
        return honeypot.record.pool == pool && up_.at(honeypot.number);
    });
}

/// While no other is up, sessions wait where they are: their honeypot, or another, may come up again. One
/// that is gone gets nothing meanwhile.
void HoneypotPlane::move_some() {
    if (moves_.empty()) return;
    Move& move = moves_.front();
    if (!move.leaving && up_.at(move.from)) return moves_.pop_front();
    const bool possible = any_up(move.pool);
    if (possible) {
        const std::uint32_t count = std::min(portion, switch_.flows().session_capacity() - move.next);
        switch_.flows().move_sessions(HoneypotId{move.from}, move.next, count,
                                      static_cast<PoolId>(move.pool));
        move.next += count;
        if (move.next < switch_.flows().session_capacity()) return;
    }
    if (move.leaving) take_out_of_service(move);
    const bool others_began = move.leaving && switch_.flows().sessions_of(HoneypotId{move.from}) != 0;
    if (possible && !others_began) return moves_.pop_front();
    move.next = 0;
    std::ranges::rotate(moves_, moves_.begin() + 1);
}

/// What of its sessions is left goes where all goes that finds no honeypot.
void HoneypotPlane::take_out_of_service(const Move& move) {
    plane_.honeypots().unset(move.from, pool_of(move.pool).when_none == Pool::WhenNone::drop);
}

void HoneypotPlane::heard(std::size_t port, std::span<const std::uint8_t> frame, TimePoint /*now*/) {
    const auto l3 = dataplane::parse_l3(frame, static_cast<std::uint32_t>(frame.size()));
    const MacAddress sender{load<EtherAddress>(frame.data() + sizeof(EtherAddress))};
    const auto vlan = vlan_of(frame, l3);
    if (l3.result == dataplane::L3Result::arp) {
        if (frame.size() < l3.l3_offset + sizeof(ArpPacket)) return;
        const auto arp = load<ArpPacket>(frame.data() + l3.l3_offset);
        if (!arp.is_ipv4_over_ethernet()) return;
        const auto ip = load<Be32>(arp.sender_ip.data());
        return health_.arp_heard(port, vlan, sender, {ip.host()});
    }
    if (const auto segment = read_tcp_segment(frame.subspan(l3.l3_offset)))
        health_.tcp_heard(port, vlan, sender, *segment);
}

bool HoneypotPlane::send(HoneypotId honeypot, std::span<const std::uint8_t> frame) {
    if (config_.asks_nobody) return false;
    return switch_.packet_outs().send_to_honeypot(frame, port_of(configured(honeypot)),
                                                  configured(honeypot).vlan.value_or(0));
}

MacAddress HoneypotPlane::own_mac(HoneypotId honeypot) const {
    return {plane_.ports()[port_of(configured(honeypot))].mac()};
}

std::optional<TimePoint> HoneypotPlane::last_reply(HoneypotId honeypot) const {
    return replies_.at(std::to_underlying(honeypot)).moment();
}

}  // namespace honeyswitch::control
