// Puts back what a file of state has, before the first packet is forwarded, less what does not hold any more.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/prefix_map.hpp"
#include "control/controller/controller.hpp"
#include "control/state/state_reader.hpp"

namespace honeyswitch::control {

/// What the rules of today say of a session: a look at rules and lists.
class AnywayDiverted {
  public:
    /// Its packets would be diverted even from an active address.
    [[nodiscard]] virtual bool diverts_anyway(const SessionKey& key) const = 0;

  protected:
    ~AnywayDiverted() = default;
};

/// The configuration of today, as far as it says what a file may be put back into.
struct StatePlaces {
    struct AgentPlace {
        AgentId number{};
        std::vector<Ipv4Prefix> grants;
    };
    std::map<std::string, HoneypotId, std::less<>> honeypots{};
    std::map<std::string, std::uint8_t, std::less<>> links{};
    std::map<std::string, AgentPlace, std::less<>> agents{};
    std::vector<Ipv4Prefix> campus{};
    bool observing = false;
    Milliseconds sighting_lifetime{};
};

/// Why sessions of the file are not put back: as SessionLoss, and what is found out before.
enum class StateLoss : std::uint8_t {
    expired,
    live,
    not_dark,
    no_room,
    twice,
    no_honeypot,
    no_link,
    observed
};
inline constexpr std::size_t state_loss_count = 8;
/// "were idle for too long"
inline constexpr std::array<std::string_view, state_loss_count> state_loss_words{
    "were idle for too long",
    "are for addresses that the configuration says are active",
    "are for addresses that are in no domain any more",
    "found no room",
    "were there twice",
    "were with honeypots that are gone",
    "came by links that are gone",
    "were only observed"};

struct Restored {
    StateTotals totals;  ///< of what was put back
    std::array<std::uint64_t, state_loss_count> lost{};
    Milliseconds away{};                                       ///< from the moment of the file to now
    std::vector<std::pair<HoneypotId, MacAddress>> honeypots;  ///< where they were

    [[nodiscard]] std::uint64_t lost_sessions() const;
};

struct StateRefused {
    enum class Why : std::uint8_t { broken, newer, unreadable, other_campus };
    Why why = Why::broken;
    std::string reason;  ///< a clause
};

/// Control thread, before the workers run. Nothing is put back of a file with a flaw, or of another campus.
/// `wall` and `now`: the same moment by both clocks. Where the wall clock was set back since, no time has
/// passed.
[[nodiscard]] std::expected<Restored, StateRefused> restore_state(ByteSource& source, Controller& controller,
                                                                  const StatePlaces& places,
                                                                  const AnywayDiverted& rules,
                                                                  WallMilliseconds wall, TimePoint now);

/// "12 sessions are back after 3s, 2 are not: 1 was idle …"
[[nodiscard]] std::string restored_text(const Restored& restored);

}  // namespace honeyswitch::control
