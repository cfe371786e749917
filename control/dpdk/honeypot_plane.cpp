#include "control/dpdk/honeypot_plane.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/spdlog.h>

#include "base/headers.hpp"
#include "control/honeypots/pool_slots.hpp"
#include "dataplane/stages/parse.hpp"

namespace honeyswitch::control {
namespace {

/// Places of the session table looked at in one turn, for sessions to move.
constexpr std::uint32_t portion = 1024;

dataplane::PortIndex port_of(const Honeypot& honeypot) {
    return static_cast<dataplane::PortIndex>(dataplane::first_honeypot_port + honeypot.port);
}

std::vector<Honeypot> records(std::span<const Numbered<Honeypot>> numbered) {
    std::vector<Honeypot> result;
    result.reserve(numbered.size());
    for (const auto& [number, honeypot] : numbered) result.push_back(honeypot);
    return result;
}

/// The VLAN of a frame; a tag with a priority alone names none.
std::optional<std::uint16_t> vlan_of(std::span<const std::uint8_t> frame, const dataplane::L3View& l3) {
    if (l3.tag_count == 0) return std::nullopt;
    const auto path = dataplane::l2_path_of(frame, l3);
    const auto vlan = static_cast<std::uint16_t>(path.tags[0].tci.host() & 0xfffU);
    return vlan == 0 ? std::nullopt : std::optional(vlan);
}

}  // namespace

HoneypotPlane::HoneypotPlane(dataplane::DataPlane& plane, DpdkSwitch& the_switch, HoneypotPlaneConfig config)
    : plane_(plane),
      switch_(the_switch),
      config_(std::move(config)),
      health_(*this, records(config_.honeypots), config_.health) {
    for (const HoneypotChange& change : health_.take_changes()) put_in_force(change);
    for (std::size_t pool = 0; pool < config_.pools.size(); ++pool) spread(pool);
}

void HoneypotPlane::reconfigure(HoneypotPlaneConfig config) {
    const auto before = records(std::exchange(config_, std::move(config)).honeypots);
    const auto honeypots = records(config_.honeypots);
    health_.reconfigure(honeypots, config_.health);
    // Sessions follow the names to their new numbers; those of a honeypot that is gone are spread anew.
    std::array<std::uint8_t, 256> renumbered{};
    bool differs = false;
    for (std::size_t old = 0; old < before.size(); ++old) {
        const auto same = std::ranges::find(honeypots, before[old].name, &Honeypot::name);
        const auto number = static_cast<std::size_t>(same - honeypots.begin());
        renumbered.at(old) =
            same == honeypots.end() ? dataplane::no_honeypot : static_cast<std::uint8_t>(number);
        differs = differs || renumbered.at(old) != old;
    }
    up_.fill(false);
    for (std::size_t i = honeypots.size(); i < before.size(); ++i)
        plane_.honeypots().unset(static_cast<std::uint8_t>(i), false);
    for (const HoneypotChange& change : health_.take_changes()) put_in_force(change);
    for (std::size_t pool = 0; pool < config_.pools.size(); ++pool) spread(pool);
    if (differs)
        for (FoldedStamp& reply : replies_) reply.forget();
    if (differs) switch_.flows().renumber_honeypots(std::span(renumbered).first(before.size()));
    move_those_of_none();
}

/// Sessions whose honeypot is gone, and of those that are down, find another as soon as there is one.
void HoneypotPlane::move_those_of_none() {
    moves_.clear();
    plane_.honeypots().unset(dataplane::no_honeypot,
                             config_.pools.front().record.when_none == Pool::WhenNone::drop);
    moves_.push_back({dataplane::no_honeypot, 0});
    for (std::size_t i = 0; i < config_.honeypots.size(); ++i) {
        const auto index = static_cast<dataplane::HoneypotIndex>(i);
        if (!plane_.honeypots().address(index)) moves_.push_back({index, config_.honeypots[i].record.pool});
    }
}

void HoneypotPlane::tick(TimePoint now) {
    for (std::size_t i = 0; i < config_.honeypots.size(); ++i)
        replies_.at(i).look(Stamp32(plane_.honeypots().last_reply(static_cast<std::uint8_t>(i))), now);
    health_.tick(now);
    for (const HoneypotChange& change : health_.take_changes()) {
        put_in_force(change);
        spread(configured(change.honeypot).pool);
    }
    move_some();
}

void HoneypotPlane::put_in_force(const HoneypotChange& change) {
    const Honeypot& honeypot = configured(change.honeypot);
    const auto index = std::to_underlying(change.honeypot);
    const Pool& pool = config_.pools[honeypot.pool].record;
    const bool was_up = std::exchange(up_.at(index), change.up);
    const bool stays = pool.on_failure == Pool::OnFailure::stay && change.mac;
    if (change.mac && (change.up || stays))
        plane_.honeypots().set(index, {change.mac->octets, honeypot.vlan.value_or(0), port_of(honeypot)});
    else
        plane_.honeypots().unset(index, pool.when_none == Pool::WhenNone::drop);
    if (change.up != was_up || !change.mac)
        spdlog::info("honeypot {} is {}{}", honeypot.name, change.up ? "up" : "not up",
                     change.mac ? " at " + to_string(*change.mac) : ": its MAC address is not known yet");
    if (was_up && !change.up && !stays) moves_.push_back({index, honeypot.pool});
}

/// The slots of a pool, over those of its honeypots that are up.
void HoneypotPlane::spread(std::size_t pool) {
    std::vector<PoolMember> members;
    for (std::size_t i = 0; i < config_.honeypots.size(); ++i) {
        const Honeypot& honeypot = config_.honeypots[i].record;
        if (honeypot.pool == pool && up_.at(i))
            members.push_back({static_cast<std::uint8_t>(i), honeypot.name, honeypot.weight});
    }
    std::array<std::uint8_t, dataplane::PoolTable::slot_count> slots;
    assign_slots(members, slots);
    const Pool& configured = config_.pools[pool].record;
    plane_.pools().set(static_cast<dataplane::PoolIndex>(pool), configured.affinity,
                       configured.when_none == Pool::WhenNone::drop, slots);
}

bool HoneypotPlane::any_up(std::size_t pool) const {
    for (std::size_t i = 0; i < config_.honeypots.size(); ++i)
        if (config_.honeypots[i].record.pool == pool && up_.at(i)) return true;
    return false;
}

/// While no other is up, sessions wait where they are: their honeypot, or another, may come up again.
void HoneypotPlane::move_some() {
    if (moves_.empty()) return;
    Move& move = moves_.front();
    if (is_up(move.from)) return moves_.pop_front();
    if (!any_up(move.pool)) {
        std::ranges::rotate(moves_, moves_.begin() + 1);
        return;
    }
    const std::uint32_t count = std::min(portion, switch_.flows().session_capacity() - move.next);
    switch_.flows().move_sessions(HoneypotId{move.from}, move.next, count, static_cast<PoolId>(move.pool));
    move.next += count;
    if (move.next == switch_.flows().session_capacity()) moves_.pop_front();
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
