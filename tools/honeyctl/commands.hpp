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

/// Options and arguments that a command takes, or-ed together.
enum Takes : unsigned {
    takes_json = 1U << 0,
    takes_limit = 1U << 1,
    takes_source = 1U << 2,
    takes_destination = 1U << 3,
    takes_replies = 1U << 4,
    takes_watch = 1U << 5,
    takes_by = 1U << 6,
    takes_list = 1U << 7,
    takes_prefix = 1U << 8,
    takes_lifetime = 1U << 9,
    takes_events = 1U << 10,  ///< which of them, and whether to follow
};

struct Command {
    std::string_view name;
    std::string_view help;
    CommandResult (*run)(const Ask&, const Selection&, const Sink&);
    unsigned takes;
    /// Instead of `run`, of a command that is answered by lines without end.
    CommandResult (*listen)(const Listen&, const Selection&, const Sink&) = nullptr;
};

[[nodiscard]] std::span<const Command> commands();
/// Those of `honeyctl list`.
[[nodiscard]] std::span<const Command> list_commands();

/// Runs `read`, which takes answers apart, and turns an answer of the wrong shape into an error.
[[nodiscard]] CommandResult understood(const std::function<CommandResult()>& read);

/// The text of `honeyctl stats`. `before`, if there is one, was read `seconds` earlier: rates are shown.
[[nodiscard]] std::string stats_text(const Json& stats, const Json* before, double seconds);

}  // namespace honeyswitch::honeyctl
