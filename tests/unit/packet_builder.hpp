// Frames for tests, layer by layer: Frame().vlan(100).ipv4("198.51.100.1", "10.1.0.32").tcp(40000,
// 22).bytes().
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/wire/address.hpp"
#include "dataplane/headers.hpp"

namespace honeyswitch::dataplane {

[[nodiscard]] inline Be32 ip(std::string_view text) {
    return Be32::from_host(agent::parse_address(text).value().value);
}
[[nodiscard]] inline EtherAddress mac(std::string_view text) {
    return agent::parse_mac(text).value().octets;
}

inline const EtherAddress upstream_mac = mac("02:00:00:00:00:01");
inline const EtherAddress core_mac = mac("02:00:00:00:00:02");

class Frame {
  public:
    using Bytes = std::vector<std::uint8_t>;

    /// From the upstream router to the core router, until told otherwise.
    Frame& between(const EtherAddress& source, const EtherAddress& destination) {
        source_ = source;
        destination_ = destination;
        return *this;
    }
    Frame& vlan(std::uint16_t identifier, Be16 tpid = ether_type::vlan) {
        append(tags_, VlanTag{tpid, Be16::from_host(identifier)});
        return *this;
    }
    Frame& type(Be16 type) {
        type_ = type;
        return *this;
    }
    Frame& ipv4(std::string_view source, std::string_view destination) {
        type_ = ether_type::ipv4;
        has_ip_ = true;
        ip_ = Ipv4Header{};
        ip_.version_ihl = 0x45;
        ip_.ttl = 57;
        ip_.protocol = 253;  // RFC 3692: for experiments
        ip_.source = ip(source);
        ip_.destination = ip(destination);
        return *this;
    }
    Frame& fragment(unsigned offset_bytes, bool more) {
        ip_.flags_offset =
            Be16::from_host(static_cast<std::uint16_t>(offset_bytes / 8 | (more ? 0x2000U : 0U)));
        return *this;
    }
    Frame& protocol_number(std::uint8_t number) {
        ip_.protocol = number;
        return *this;
    }
    Frame& options(std::size_t words) {
        options_.assign(words * 4, 1);  // RFC 791: no operation
        ip_.version_ihl = static_cast<std::uint8_t>(0x45 + words);
        return *this;
    }
    Frame& total_length(std::uint16_t bytes) {
        forced_length_ = bytes;
        return *this;
    }
    Frame& tcp(std::uint16_t source, std::uint16_t destination, std::uint8_t flags = 0x02) {
        ip_.protocol = protocol::tcp;
        ports(source, destination);
        payload_.resize(20);
        payload_[13] = flags;
        return *this;
    }
    Frame& udp(std::uint16_t source, std::uint16_t destination) {
        ip_.protocol = protocol::udp;
        ports(source, destination);
        payload_.resize(8);
        return *this;
    }
    Frame& icmp(std::uint8_t type, std::uint16_t identifier) {
        ip_.protocol = protocol::icmp;
        payload_.clear();
        append(payload_, IcmpHeader{type, 0, {}, Be16::from_host(identifier), {}});
        return *this;
    }
    /// An ICMP error about `quoted`: its IPv4 header and `l4_bytes` behind it.
    Frame& icmp_error(std::uint8_t type, const Frame& quoted, std::size_t l4_bytes = 8) {
        icmp(type, 0);
        const Bytes l3 = quoted.l3_bytes();
        const std::size_t header = (l3[0] & 15U) * 4;
        payload_.insert(payload_.end(), l3.begin(),
                        l3.begin() + static_cast<std::ptrdiff_t>(header + l4_bytes));
        return *this;
    }
    Frame& arp(Be16 operation, const EtherAddress& sender, std::string_view sender_ip,
               std::string_view target_ip) {
        type_ = ether_type::arp;
        source_ = sender;
        ArpPacket packet{};
        packet.hardware_type = Be16::from_host(1);
        packet.protocol_type = ether_type::ipv4;
        packet.hardware_length = 6;
        packet.protocol_length = 4;
        packet.operation = operation;
        packet.sender_mac = sender;
        store(packet.sender_ip.data(), ip(sender_ip));
        store(packet.target_ip.data(), ip(target_ip));
        payload_.clear();
        append(payload_, packet);
        return *this;
    }
    Frame& payload(std::size_t bytes) {
        payload_.resize(payload_.size() + bytes, 'x');
        return *this;
    }
    Frame& cut_to(std::size_t bytes) {
        cut_ = bytes;
        return *this;
    }

    [[nodiscard]] Bytes bytes() const {
        Bytes frame;
        append(frame, destination_);
        append(frame, source_);
        frame.insert(frame.end(), tags_.begin(), tags_.end());
        append(frame, type_);
        const Bytes l3 = has_ip_ ? l3_bytes() : payload_;
        frame.insert(frame.end(), l3.begin(), l3.end());
        if (cut_ < frame.size()) frame.resize(cut_);
        return frame;
    }

  private:
    template <typename T>
    static void append(Bytes& bytes, const T& header) {
        const std::size_t end = bytes.size();
        bytes.resize(end + sizeof header);
        store(bytes.data() + end, header);
    }
    void ports(std::uint16_t source, std::uint16_t destination) {
        payload_.clear();
        append(payload_, Ports{Be16::from_host(source), Be16::from_host(destination)});
    }
    [[nodiscard]] Bytes l3_bytes() const {
        Ipv4Header header = ip_;
        const std::size_t length = sizeof header + options_.size() + payload_.size();
        header.total_length =
            Be16::from_host(forced_length_ != 0 ? forced_length_ : static_cast<std::uint16_t>(length));
        Bytes l3;
        append(l3, header);
        l3.insert(l3.end(), options_.begin(), options_.end());
        l3.insert(l3.end(), payload_.begin(), payload_.end());
        return l3;
    }

    EtherAddress source_ = upstream_mac, destination_ = core_mac;
    Be16 type_ = ether_type::ipv4;
    bool has_ip_ = false;
    Ipv4Header ip_{};
    Bytes tags_, options_, payload_;
    std::uint16_t forced_length_ = 0;
    std::size_t cut_ = ~std::size_t{0};
};

}  // namespace honeyswitch::dataplane
