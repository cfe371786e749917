// Tells the log how it stands with one controller: that it does not answer, which domains it refuses, and
// when that has ended.
//
// A controller never answers what it does not believe, so that an agent with a wrong key, a wrong name or a
// wrong address finds all three alike: silence. What is said names what it can be.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/report/reporter.hpp"

namespace honeyswitch::agent {

class ControllerWatch {
  public:
    /// Nothing was heard for so long: it is told.
    static constexpr Clock::duration patience = std::chrono::seconds(10);
    /// As long as it goes on, it is told again after so long.
    static constexpr Clock::duration again = std::chrono::minutes(10);

    struct Sentence {
        bool warning = false;
        std::string text;
    };

    /// `controller` and `agent`: their names, as configured. `now`: when the agent begins to speak to it.
    ControllerWatch(std::string controller, std::string agent, Clock::time_point now)
        : controller_(std::move(controller)), agent_(std::move(agent)), heard_(now) {}

    /// Whenever something may have changed; it looks once a second, and at associations at once. `failure`:
    /// what the kernel last said of a datagram to it; empty: nothing. Returns the sentences to log.
    [[nodiscard]] std::vector<Sentence> look(const Reporter& reporter, std::string_view failure,
                                             Clock::time_point now);

  private:
    struct Refused {
        ResponseCode code{};
        Clock::time_point told;
    };
    using Sentences = std::vector<Sentence>;

    void look_at_associations(const Reporter& reporter, Clock::time_point now, Sentences& sentences);
    void look_at_silence(const Reporter& reporter, std::string_view failure, Clock::time_point now,
                         Sentences& sentences);
    void look_at_domain(const DomainSync& domain, Clock::time_point now, Sentences& sentences);

    std::string controller_, agent_;
    Clock::time_point heard_;                ///< the latest notice that was believed, or the beginning
    std::optional<Clock::time_point> told_;  ///< that nothing is heard
    Clock::time_point due_{};
    std::uint64_t associations_ = 0;
    std::uint64_t refused_ = 0;              ///< datagrams, when something was last heard
    std::map<Ipv4Prefix, Refused> domains_;  ///< those that it refuses
};

}  // namespace honeyswitch::agent
