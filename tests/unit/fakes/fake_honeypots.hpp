// Honeypots on the switch's ports, as their health meets them: stations that answer, or do not.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "base/headers.hpp"
#include "control/honeypots/honeypot_health.hpp"

namespace honeyswitch::control {

/// A station on a port and VLAN, which answers for every address.
struct Station {
    enum class Tcp { accepts, refuses, silent, wrong_ack };

    MacAddress mac;
    std::size_t port = 0;
    std::optional<std::uint16_t> vlan = std::nullopt;
    bool arp = true;
    Tcp tcp = Tcp::silent;
    bool ignores_nameless = false;   ///< ARP requests with the sender 0.0.0.0
    bool ignores_strangers = false;  ///< ARP requests with any other sender, as none is of its network
};

class FakeHoneypots final : public HoneypotPort {
  public:
    struct Sent {
        HoneypotId honeypot;
        std::vector<std::uint8_t> bytes;

        [[nodiscard]] MacAddress destination() const {
            return {load<EthernetHeader>(bytes.data()).destination};
        }
        [[nodiscard]] bool is_arp() const {
            return load<EthernetHeader>(bytes.data()).type == ether_type::arp;
        }
        [[nodiscard]] std::optional<TcpSegment> tcp() const {
            return read_tcp_segment(std::span(bytes).subspan(sizeof(EthernetHeader)));
        }
    };

    bool send(HoneypotId honeypot, std::span<const std::uint8_t> frame) override {
        if (no_buffers) return false;
        sent.push_back({honeypot, {frame.begin(), frame.end()}});
        if (lose > 0)
            --lose;
        else
            to_deliver_.push_back(sent.back());
        return true;
    }
    MacAddress own_mac(HoneypotId honeypot) const override {
        return {
            {2, 9, 9, 9, 9, static_cast<std::uint8_t>(configured[static_cast<std::size_t>(honeypot)].port)}};
    }
    std::optional<TimePoint> last_reply(HoneypotId honeypot) const override {
        const auto reply = replies.find(honeypot);
        return reply == replies.end() ? std::nullopt : std::optional(reply->second);
    }

    /// What was sent arrives, and what is answered to it, until all is quiet.
    void deliver(HoneypotHealth& health) {
        while (!to_deliver_.empty()) {
            const Sent frame = to_deliver_.front();
            to_deliver_.erase(to_deliver_.begin());
            const Honeypot& towards = configured[static_cast<std::size_t>(frame.honeypot)];
            for (const Station& station : stations) {
                const bool here = station.port == towards.port && station.vlan == towards.vlan;
                const bool meant = frame.destination() == station.mac || frame.destination() == broadcast_mac;
                if (here && meant) answer(station, frame, health);
            }
        }
    }
    /// Requests in the name of an address, or without one.
    [[nodiscard]] std::size_t arps_to(const MacAddress& mac, bool nameless = false) const {
        return static_cast<std::size_t>(std::ranges::count_if(sent, [&](const Sent& frame) {
            return frame.is_arp() && frame.destination() == mac && is_nameless(frame) == nameless;
        }));
    }
    [[nodiscard]] std::vector<TcpSegment> segments(std::uint8_t flags) const {
        std::vector<TcpSegment> found;
        for (const Sent& frame : sent)
            if (const auto segment = frame.tcp(); segment && segment->flags == flags)
                found.push_back(*segment);
        return found;
    }

    std::vector<Honeypot> configured;
    std::vector<Station> stations;
    std::map<HoneypotId, TimePoint> replies;
    std::vector<Sent> sent;
    bool no_buffers = false;
    unsigned lose = 0;  ///< so many of the frames to come

  private:
    static bool is_nameless(const Sent& frame) {
        const auto arp = load<ArpPacket>(frame.bytes.data() + sizeof(EthernetHeader));
        return arp.sender_ip == std::array<std::uint8_t, 4>{};
    }
    static void answer(const Station& station, const Sent& frame, HoneypotHealth& health) {
        if (frame.is_arp()) {
            const auto arp = load<ArpPacket>(frame.bytes.data() + sizeof(EthernetHeader));
            const auto asked = load<Be32>(arp.target_ip.data()).host();
            const bool ignored = is_nameless(frame) ? station.ignores_nameless : station.ignores_strangers;
            if (station.arp && !ignored) health.arp_heard(station.port, station.vlan, station.mac, {asked});
        } else if (const auto segment = frame.tcp(); segment && segment->flags == TcpSegment::syn) {
            if (station.tcp != Station::Tcp::silent)
                health.tcp_heard(station.port, station.vlan, station.mac, reply_of(station.tcp, *segment));
        }
    }
    static TcpSegment reply_of(Station::Tcp tcp, const TcpSegment& syn) {
        const bool refused = tcp == Station::Tcp::refuses;
        const std::uint8_t flags = TcpSegment::ack_flag | (refused ? TcpSegment::rst : TcpSegment::syn);
        return {.source = syn.destination,
                .destination = syn.source,
                .source_port = syn.destination_port,
                .destination_port = syn.source_port,
                .flags = flags,
                .seq = refused ? 0 : 77U,
                .ack = syn.seq + (tcp == Station::Tcp::wrong_ack ? 2 : 1)};
    }

    std::vector<Sent> to_deliver_;
};

}  // namespace honeyswitch::control
