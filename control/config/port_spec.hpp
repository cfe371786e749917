// PORT, on the command line and in the configuration: which device a port of the switch is.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// "0000:03:00.0", "dev:NAME" or "vdev:ARGS". The error is the reason alone; the caller knows the place.
[[nodiscard]] std::expected<PortSpec, std::string> parse_port(std::string_view text);

/// The interface of the kernel that a port takes for itself: of dev:NAME, and of a vdev with iface=NAME that
/// is no interface of its own making.
[[nodiscard]] std::optional<std::string> interface_of(const PortSpec& port);

/// True if both name one device, whatever the other arguments of a vdev.
[[nodiscard]] bool same_device(const PortSpec& one, const PortSpec& other);

/// The longest frames that pass the ports of the link, and those towards honeypots: bytes without FCS.
[[nodiscard]] std::uint32_t link_frame(const Config& config);
[[nodiscard]] std::uint32_t honeypot_frame(const Config& config);

/// All ports of a configuration: outside and inside of each link, mirrors, honeypots. They live in it.
[[nodiscard]] std::vector<const PortSpec*> ports_of(const Config& config);
/// One of them, by its place there.
[[nodiscard]] PortSpec& port_at(Config& config, std::size_t index);

/// In the place of the honeypots' port where none is configured, as none is needed: it carries nothing.
inline constexpr std::string_view stand_in_device = "net_null_none,no-rx=1";
[[nodiscard]] inline PortSpec stand_in_port() {
    return {.kind = PortSpec::Kind::vdev, .device = std::string(stand_in_device), .text = "none"};
}
/// How the device begins that stands in for a port that was not there at the start; it carries nothing.
inline constexpr std::string_view absent_device = "net_null_absent";

/// What a link is called that is written in the short form.
inline constexpr std::string_view only_link = "link";

/// The links that are led through the switch, in whichever form they are written.
[[nodiscard]] std::vector<Link> links_of(const Config& config);
[[nodiscard]] std::size_t link_count(const Config& config);
/// The links that it only listens to. There is one at least of both together.
[[nodiscard]] std::vector<Link> mirrors_of(const Config& config);
/// It listens, and does nothing else: nothing of this configuration can be diverted.
[[nodiscard]] bool only_mirrors(const Config& config);

}  // namespace honeyswitch::control
