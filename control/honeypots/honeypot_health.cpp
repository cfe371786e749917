#include "control/honeypots/honeypot_health.hpp"

#include <algorithm>

namespace honeyswitch::control {
namespace {

/// While a MAC address is unknown nothing is diverted: a long interval must not make that longer.
constexpr Milliseconds learning_interval{1'000};

/// RFC 9293 section 3.10.7.3: a SYN that acknowledges ours.
bool accepts(const TcpSegment& answer, const TcpSegment& syn) {
    return answer.has(TcpSegment::syn | TcpSegment::ack_flag) && !answer.has(TcpSegment::rst) &&
           answer.ack == syn.seq + 1 && answer.source == syn.destination &&
           answer.destination == syn.source && answer.source_port == syn.destination_port &&
           answer.destination_port == syn.source_port;
}

bool same_place(const Honeypot& one, const Honeypot& other) {
    return one.port == other.port && one.vlan == other.vlan && one.mac == other.mac;
}

}  // namespace

HoneypotHealth::HoneypotHealth(HoneypotPort& port, std::span<const Numbered<Honeypot>> honeypots,
                               const HealthOptions& options)
    : port_(port), probes_(static_cast<std::uint16_t>(random_())) {
    reconfigure(honeypots, options);
}

void HoneypotHealth::reconfigure(std::span<const Numbered<Honeypot>> honeypots,
                                 const HealthOptions& options) {
    options_ = options;
    std::vector<Watch> watches;
    watches.reserve(honeypots.size());
    for (const auto& honeypot : honeypots) watches.push_back(watch_of(honeypot));
    watches_ = std::move(watches);
    next_ = TimePoint::min();
    changed_ = true;
}

HoneypotHealth::Watch HoneypotHealth::watch_of(const Numbered<Honeypot>& honeypot) const {
    const auto& [number, configured] = honeypot;
    Watch fresh{.honeypot = HoneypotId{number}, .configured = configured, .mac = configured.mac};
    const auto former = std::ranges::find(watches_, configured.name,
                                          [](const Watch& watch) { return watch.configured.name; });
    if (former == watches_.end() || !same_place(former->configured, configured)) return fresh;
    Watch kept = *former;
    kept.honeypot = HoneypotId{number};
    kept.configured = configured;
    kept.reported.reset();
    if (former->configured.check_tcp_port == configured.check_tcp_port) return kept;
    kept.tcp = {};
    kept.interval.syn.reset();
    return kept;
}

void HoneypotHealth::restore_mac(HoneypotId honeypot, const MacAddress& mac) {
    const auto watch = std::ranges::find(watches_, honeypot, &Watch::honeypot);
    if (watch == watches_.end() || !watch->learns() || watch->mac) return;
    watch->mac = mac;
    changed_ = true;
}

void HoneypotHealth::tick(TimePoint now) {
    if (now < next_) return;
    next_ = TimePoint::max();
    for (Watch& watch : watches_) {
        if (!watch.configured.watched) continue;
        if (now >= watch.interval.end) begin_interval(watch, now);
        send_unsent(watch);
        next_ = std::min(next_, watch.interval.unsent() ? now : watch.interval.end);
    }
}

void HoneypotHealth::begin_interval(Watch& watch, TimePoint now) {
    if (watch.interval.begun()) judge(watch);
    const auto length = watch.mac ? options_.interval : std::min(options_.interval, learning_interval);
    watch.interval = {
        .start = now, .end = now + length, .arp_unsent = true, .nameless_arp_unsent = watch.also_nameless};
    if (!watch.mac || !watch.configured.check_tcp_port) return;
    watch.interval.syn = next_syn(*watch.configured.check_tcp_port);
    watch.interval.syn_unsent = true;
}

/// A question that could not be sent counts as not answered: a port that takes no frame for three intervals
/// is as good as a honeypot that is gone.
void HoneypotHealth::judge(Watch& watch) {
    const auto replied = port_.last_reply(watch.honeypot);
    if (replied && *replied >= watch.interval.start) heard_from(watch);
    if (!watch.interval.alive) watch.arp.missed();
    if (watch.interval.syn) watch.tcp.missed();
    watch.arp_silent = !watch.interval.arp_heard;
    watch.also_nameless |= watch.arp_silent;
    changed_ = true;
}

void HoneypotHealth::send_unsent(Watch& watch) {
    Interval& interval = watch.interval;
    if (interval.arp_unsent) interval.arp_unsent = !send_arp(watch, options_.probe_source);
    if (interval.nameless_arp_unsent) interval.nameless_arp_unsent = !send_arp(watch, {});
    if (!interval.syn || !interval.syn_unsent || !watch.mac) return;
    const MacPair macs{.source = port_.own_mac(watch.honeypot), .destination = *watch.mac};
    interval.syn_unsent = !port_.send(watch.honeypot, tcp_frame(macs, *interval.syn));
}

/// To everybody where the address is not known, or where a restarted container may have another by now.
bool HoneypotHealth::send_arp(const Watch& watch, Ipv4Address sender) {
    const bool search = !watch.mac || (watch.learns() && watch.arp_silent);
    const MacPair macs{.source = port_.own_mac(watch.honeypot),
                       .destination = search ? broadcast_mac : *watch.mac};
    return port_.send(watch.honeypot, arp_question(macs, sender, options_.decoy));
}

TcpSegment HoneypotHealth::next_syn(std::uint16_t port) {
    // RFC 6335 section 6: dynamic ports. One after the other: the one used last may be in the honeypot's
    // tables still.
    const auto source_port = static_cast<std::uint16_t>(0xc000U | probes_++);
    return {.source = options_.probe_source,
            .destination = options_.decoy,
            .source_port = source_port,
            .destination_port = port,
            .flags = TcpSegment::syn,
            .seq = static_cast<std::uint32_t>(random_())};
}

void HoneypotHealth::arp_heard(std::size_t port, std::optional<std::uint16_t> vlan, const MacAddress& sender,
                               Ipv4Address sender_ip) {
    for (Watch& watch : watches_) {
        if (!watch.on(port, vlan)) continue;
        if (watch.mac != sender) {
            if (!teaches(watch, sender, sender_ip)) continue;
            watch.mac = sender;
        }
        watch.arp_silent = false;
        watch.interval.arp_heard = true;
        heard_from(watch);
    }
}

/// Who answers for the decoy is a honeypot; another station of the segment speaks for itself. One address is
/// given up for another only after it has left a question unanswered, so that two that answer do not take the
/// sessions from each other by turns.
bool HoneypotHealth::teaches(const Watch& watch, const MacAddress& sender, Ipv4Address sender_ip) const {
    return watch.learns() && sender_ip == options_.decoy && (!watch.mac || watch.arp_silent) &&
           !sender.is_zero() && !sender.is_multicast() && sender != port_.own_mac(watch.honeypot);
}

void HoneypotHealth::tcp_heard(std::size_t port, std::optional<std::uint16_t> vlan, const MacAddress& sender,
                               const TcpSegment& segment) {
    if (segment.destination != options_.probe_source) return;
    for (Watch& watch : watches_) {
        if (!watch.on(port, vlan) || watch.mac != sender) continue;
        heard_from(watch);
        if (watch.configured.check_tcp_port != segment.source_port) continue;
        if (watch.interval.syn && accepts(segment, *watch.interval.syn)) {
            watch.interval.syn.reset();
            watch.tcp.answered();
        }
        close(watch.honeypot, sender, segment);
    }
}

/// RFC 9293 section 3.10.7.1: what a closed port says to any segment but a reset. It ends the connection
/// before a service has seen it, and is said again if it is lost, as the honeypot repeats its SYN-ACK.
void HoneypotHealth::close(HoneypotId honeypot, const MacAddress& peer, const TcpSegment& answer) {
    if (answer.has(TcpSegment::rst) || !answer.has(TcpSegment::ack_flag)) return;
    const MacPair macs{.source = port_.own_mac(honeypot), .destination = peer};
    const TcpSegment reset{.source = answer.destination,
                           .destination = answer.source,
                           .source_port = answer.destination_port,
                           .destination_port = answer.source_port,
                           .flags = TcpSegment::rst,
                           .seq = answer.ack};
    (void)port_.send(honeypot, tcp_frame(macs, reset));
}

void HoneypotHealth::heard_from(Watch& watch) {
    watch.arp.answered();
    watch.interval.alive = true;
    changed_ = true;
}

std::vector<HoneypotChange> HoneypotHealth::take_changes() {
    std::vector<HoneypotChange> changes;
    if (!changed_) return changes;
    changed_ = false;
    for (Watch& watch : watches_) {
        const HoneypotStatus status = watch.status();
        const HoneypotChange current{.honeypot = watch.honeypot, .mac = status.mac, .up = status.up()};
        if (watch.reported == current) continue;
        watch.reported = current;
        changes.push_back(current);
    }
    return changes;
}

HoneypotStatus HoneypotHealth::status(HoneypotId honeypot) const {
    return std::ranges::find(watches_, honeypot, &Watch::honeypot)->status();
}

}  // namespace honeyswitch::control
