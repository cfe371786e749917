#include "control/process/link_keeper.hpp"

#include <fmt/format.h>

namespace honeyswitch::control {

std::vector<LinkChanged> LinkKeeper::look(TimePoint now) {
    constexpr Milliseconds between_looks{50};
    std::vector<LinkChanged> told;
    if (policy_.idle() || now - looked_ < between_looks) return told;
    looked_ = now;
    std::vector<bool> up(ports_.size());
    for (const std::size_t port : policy_.ports()) up[port] = ports_[port].link_up();
    for (const LinkAction& action : policy_.look(up, now)) told.push_back(carry_out(action, ""));
    return told;
}

std::expected<std::vector<LinkChanged>, std::string> LinkKeeper::let_up(std::string_view link, TimePoint now,
                                                                        std::string_view who) {
    const auto actions = policy_.let_up(link, now);
    if (!actions) return std::unexpected(fmt::format("there is no link '{}'", link));
    std::vector<LinkChanged> told;
    for (const LinkAction& action : *actions) told.push_back(carry_out(action, who));
    return told;
}

void LinkKeeper::leave_up() {
    const auto actions = policy_.let_up("", looked_);
    if (actions)
        for (const LinkAction& action : *actions) (void)carry_out(action, "");
    keeper_.make_links();
}

LinkChanged LinkKeeper::carry_out(const LinkAction& action, std::string_view who) {
    const dataplane::Port& port = ports_[action.port];
    const PortWatch::Name& name = names_.at(action.port);
    const std::string& partner = names_.at(action.partner).side;
    std::string text = fmt::format("port {} ({}) is ", name.full(), name.device);
    if (action.up && !who.empty())
        text += fmt::format("let up by the operator ({})", who);
    else if (action.up)
        text += fmt::format("let up, as {} has its link again", partner);
    else
        text += fmt::format("taken down, as {} {}", partner,
                            policy_.has_given_up(action.partner) ? "is given up" : "lost its link");
    if (!port.interface().empty())
        keeper_.want_link(port.interface(), action.up);
    else if (const auto done = port.set_link(action.up); !done)
        text += ", which failed: " + done.error().message();
    return {.state = action.up ? LinkState::let_up : LinkState::taken_down,
            .port = name.side,
            .link = name.link,
            .told = {action.up ? Gravity::information : Gravity::warning, std::move(text)}};
}

}  // namespace honeyswitch::control
