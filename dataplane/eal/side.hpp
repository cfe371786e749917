// The ports of the box: which number is whose, and what is behind them.
#pragma once

#include <cstdint>

#include "base/l2_path.hpp"
#include "base/limits.hpp"

namespace honeyswitch::dataplane {

enum class Side : std::uint8_t {
    outside,
    inside,
    honeypot,
    mirror,  ///< of a link that is only listened to: it has frames of both directions
};
/// Sides that packets leave by: all but mirrors.
inline constexpr unsigned side_count = 3;

/// The outside and the inside of the first link, those of the next one, …, then the ports of mirrors, and
/// then those towards honeypots.
using PortIndex = std::uint8_t;
/// Of a link that is led through: 0 to most_links - 1.
using LinkIndex = std::uint8_t;
inline constexpr unsigned most_links = limits::links, ports_of_a_link = 2;
inline constexpr unsigned most_honeypot_ports = limits::honeypot_ports;
inline constexpr PortIndex no_port = 255;
inline constexpr unsigned most_link_ports = most_links * ports_of_a_link;
inline constexpr unsigned most_ports = most_link_ports + most_honeypot_ports;

[[nodiscard]] constexpr PortIndex outside_of(LinkIndex link) {
    return static_cast<PortIndex>(link * ports_of_a_link);
}
[[nodiscard]] constexpr PortIndex inside_of(LinkIndex link) {
    return static_cast<PortIndex>(link * ports_of_a_link + 1);
}
// Precondition of these: it is a port of a link.
[[nodiscard]] constexpr LinkIndex link_of(PortIndex port) {
    return static_cast<LinkIndex>(port / ports_of_a_link);
}
/// The other port of its link.
[[nodiscard]] constexpr PortIndex partner_of(PortIndex port) {
    return port ^ 1U;
}

/// How many ports are the links' and how many are mirrors, and so where those towards honeypots begin. It is
/// the same from the start of the switch to its end.
class PortLayout {
  public:
    constexpr PortLayout() = default;
    /// Together 1 to most_links.
    constexpr explicit PortLayout(unsigned links, unsigned mirrors = 0)
        : of_links_(outside_of(static_cast<LinkIndex>(links))),
          before_honeypots_(static_cast<PortIndex>(of_links_ + mirrors)) {}

    [[nodiscard]] constexpr unsigned links() const { return link_of(of_links_); }
    /// They are the first ones.
    [[nodiscard]] constexpr unsigned link_ports() const { return of_links_; }
    [[nodiscard]] constexpr bool is_of_a_link(PortIndex port) const { return port < of_links_; }
    [[nodiscard]] constexpr Side side_of(PortIndex port) const {
        if (is_of_a_link(port)) return static_cast<Side>(port % ports_of_a_link);
        return port < before_honeypots_ ? Side::mirror : Side::honeypot;
    }
    /// Mirrors, counted from 0.
    [[nodiscard]] constexpr PortIndex mirror_port(unsigned number) const {
        return static_cast<PortIndex>(of_links_ + number);
    }
    /// A bit for each port out of which nothing may go.
    [[nodiscard]] constexpr std::uint32_t mirror_bits() const {
        return (1U << before_honeypots_) - (1U << of_links_);
    }
    /// By which an answer to what comes by this port leaves; no_link if it comes by no link's port.
    [[nodiscard]] constexpr LinkIndex way_back_of(PortIndex port) const {
        return is_of_a_link(port) ? link_of(port) : no_link;
    }
    /// Towards honeypots, counted from 0.
    [[nodiscard]] constexpr PortIndex honeypot_port(unsigned number) const {
        return static_cast<PortIndex>(before_honeypots_ + number);
    }
    /// The number of a port towards honeypots.
    [[nodiscard]] constexpr unsigned honeypot_number(PortIndex port) const {
        return port - before_honeypots_;
    }

  private:
    PortIndex of_links_ = ports_of_a_link;
    PortIndex before_honeypots_ = of_links_;
};

}  // namespace honeyswitch::dataplane
