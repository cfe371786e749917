// Whether the address at which agents' notices arrive is one of this machine's: at boot it may come after the
// switch, and a cable or an operator may take it away.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace honeyswitch::control {

class AddressWatch {
  public:
    /// `is_here` is asked for the address at each look.
    AddressWatch(std::string address, std::function<bool(const std::string&)> is_here)
        : address_(std::move(address)), is_here_(std::move(is_here)) {}

    /// A sentence for the log when the address is missing, once a minute while it is, and when it has come.
    [[nodiscard]] std::optional<std::string> look(TimePoint now) {
        const bool here = is_here_(address_);
        if (here == here_ && (here || now - told_ < between_sentences)) return std::nullopt;
        here_ = here;
        told_ = now;
        return here ? "listen_address " + address_ + " has come: agents can reach the switch"
                    : "listen_address " + address_ +
                          " is no address of this machine: agents cannot reach the switch until it is";
    }
    [[nodiscard]] bool here() const { return here_; }

  private:
    static constexpr Milliseconds between_sentences{60'000};

    std::string address_;
    std::function<bool(const std::string&)> is_here_;
    bool here_ = true;
    TimePoint told_{};
};

}  // namespace honeyswitch::control
