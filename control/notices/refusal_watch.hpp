// Tells the log of notices that are refused for a reason that the operator can mend, and when that has ended.
//
// An agent with a wrong key or name is never answered, and repeats itself for ever. But so may anybody who
// forges notices, under any name and from any address: what is said and what is remembered is bounded
// whatever comes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/wire/handshake.hpp"
#include "base/clock.hpp"
#include "base/endpoint.hpp"

namespace honeyswitch::control {

/// A notice that was refused.
struct RefusedNotice {
    agent::Refusal refusal{};
    /// As the notice says, or of the association that it was sealed for; zeros: it names none.
    agent::AgentIdentifier agent{};
    std::string_view name{};    ///< of the agent in the configuration; empty: there is none
    std::string_view reason{};  ///< why, if there is more to say of it than `refusal`
    Endpoint from{};
};

/// Control thread. Of one agent and reason there are at most two sentences in each `again`.
class RefusalWatch {
  public:
    /// As long as it goes on, it is told again after so long.
    static constexpr Milliseconds again{600'000};
    /// Nothing was refused for so long: it has ended. An agent that is not let in repeats itself every 2 s.
    static constexpr Milliseconds quiet{60'000};
    /// Agents without a record that are told apart; all others are told of together.
    static constexpr std::size_t most_strangers = 16;

    /// Returns the sentence to log, if there is something new to say.
    [[nodiscard]] std::optional<std::string> refused(const RefusedNotice& notice, TimePoint now);
    /// The agent was let in: how many of its notices were refused before, if that was told.
    [[nodiscard]] std::optional<std::uint64_t> let_in(const agent::AgentIdentifier& agent);
    /// Once a second or so. Returns the sentences to log.
    [[nodiscard]] std::vector<std::string> tick(TimePoint now);

    /// What is remembered: at most three entries for each agent of the configuration, and most_strangers + 2.
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    using Key = std::pair<agent::Refusal, agent::AgentIdentifier>;
    struct Entry {
        std::string what;         ///< the latest sentence, without numbers
        std::uint64_t count = 0;  ///< since it began
        TimePoint began, last;
        std::optional<TimePoint> told;  ///< the latest sentence
        bool going_on = false;
        bool said = false;  ///< that it has begun
    };

    /// Under which the notice is remembered; none: what noise and the network alone can bring about is
    /// counted, and not told.
    [[nodiscard]] std::optional<Key> key_of(const RefusedNotice& notice) const;

    std::map<Key, Entry> entries_;
    std::size_t strangers_ = 0;  ///< entries of agents that have no record, each under its own identifier
};

}  // namespace honeyswitch::control
