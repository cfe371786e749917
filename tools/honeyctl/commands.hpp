// What honeyctl prints: one function for each of its commands.
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "tools/honeyctl/source.hpp"

namespace honeyswitch::honeyctl {

/// Errors: a sentence. A sink that takes no more ends a command without one.
using CommandResult = std::expected<void, std::string>;

struct Command {
    std::string_view name;
    std::string_view help;
    CommandResult (*run)(const Ask&, const Selection&, const Sink&);
};

[[nodiscard]] std::span<const Command> commands();

/// Runs `read`, which takes answers apart, and turns an answer of the wrong shape into an error.
[[nodiscard]] CommandResult understood(const std::function<CommandResult()>& read);

/// The text of `honeyctl stats`. `before`, if there is one, was read `seconds` earlier: rates are shown.
[[nodiscard]] std::string stats_text(const Json& stats, const Json* before, double seconds);

}  // namespace honeyswitch::honeyctl
