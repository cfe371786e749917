#include "control/flows/flow.hpp"

#include <string_view>

#include <fmt/format.h>

#include "base/headers.hpp"

namespace honeyswitch::control {
namespace {

/// How a match begins: with the protocol's name, or with "ip" where its number follows.
std::string_view name_of_protocol(std::uint8_t number) {
    switch (number) {
        case protocol::icmp:
            return "icmp";
        case protocol::tcp:
            return "tcp";
        case protocol::udp:
            return "udp";
        case protocol::sctp:
            return "sctp";
        default:
            return "ip";
    }
}

/// An address alone stands without its length.
std::string address_text(Ipv4Prefix prefix) {
    return prefix.length == 32 ? to_string(prefix.network) : to_string(prefix);
}

class ActionText {
  public:
    std::string operator()(const SetSourceMac& action) const { return "mod_dl_src:" + to_string(action.mac); }
    std::string operator()(const SetDestinationMac& action) const {
        return "mod_dl_dst:" + to_string(action.mac);
    }
    std::string operator()(const PushVlan& action) const {
        return fmt::format("push_vlan:{:#06x},mod_vlan_vid:{}", action.tpid, action.vlan);
    }
    std::string operator()(const Output& action) const { return "output:" + action.port; }
    std::string operator()(const ToController& /*action*/) const { return "CONTROLLER:65535"; }
    std::string operator()(const DropIt& /*action*/) const { return "drop"; }
};

}  // namespace

std::string text_of(const FlowMatch& match) {
    std::string text;
    if (match.ipv4) text = match.protocol ? name_of_protocol(*match.protocol) : "ip";
    const auto add = [&](std::string_view name, const auto& value) {
        text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, value);
    };
    add("in_port", match.in_port);
    if (match.source) add("nw_src", address_text(*match.source));
    if (match.destination) add("nw_dst", address_text(*match.destination));
    if (match.protocol && name_of_protocol(*match.protocol) == "ip") add("nw_proto", *match.protocol);
    if (match.identifier) add("icmp_id", *match.identifier);
    if (match.source_port) add("tp_src", *match.source_port);
    if (match.destination_port) add("tp_dst", *match.destination_port);
    if (match.later_fragment) add("nw_frag", "later");
    return text;
}

std::string text_of(const std::vector<FlowAction>& actions) {
    std::string text;
    for (const FlowAction& action : actions) {
        if (!text.empty()) text += ',';
        text += std::visit(ActionText(), action);
    }
    return text;
}

}  // namespace honeyswitch::control
