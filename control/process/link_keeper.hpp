// Takes ports of the link down and lets them up again, as the policy for links says (link_policy.hpp), and
// says what was done. Control thread.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "control/events/event.hpp"
#include "control/operator/link_policy.hpp"
#include "control/operator/port_watch.hpp"
#include "control/process/port_keeper.hpp"
#include "dataplane/eal/port.hpp"

namespace honeyswitch::control {

class LinkKeeper {
  public:
    /// `ports` and `names` are by dataplane::PortIndex. What is given outlives this.
    LinkKeeper(LinkPolicy policy, std::span<const dataplane::Port> ports, std::vector<PortWatch::Name> names,
               PortKeeper& keeper)
        : policy_(std::move(policy)), ports_(ports), names_(std::move(names)), keeper_(keeper) {}

    /// In each turn: looks at the links every 50 ms. Returns what is to be told.
    [[nodiscard]] std::vector<LinkChanged> look(TimePoint now);
    /// For an operator, `who`: lets up what is held of the link of this name, or of all. Error (a sentence):
    /// no such link.
    [[nodiscard]] std::expected<std::vector<LinkChanged>, std::string> let_up(std::string_view link,
                                                                              TimePoint now,
                                                                              std::string_view who);
    /// This port is given up for good.
    void give_up(std::size_t port) { policy_.give_up(port); }
    /// At the end, when nobody else uses the keeper of the ports: lets everything up that is held, at once.
    void leave_up();

    [[nodiscard]] const LinkPolicy& policy() const { return policy_; }

  private:
    [[nodiscard]] LinkChanged carry_out(const LinkAction& action, std::string_view who);

    LinkPolicy policy_;
    std::span<const dataplane::Port> ports_;
    std::vector<PortWatch::Name> names_;
    PortKeeper& keeper_;
    TimePoint looked_{Milliseconds{-1000}};
};

}  // namespace honeyswitch::control
