// What operators see of what they want done with packets: honeypots and their pools, rules, lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "control/config/policy.hpp"
#include "control/inspect/table.hpp"

namespace honeyswitch::control {

enum class HoneypotState : std::uint8_t {
    unknown,  ///< not checked yet, or nothing checks it
    up,
    down,
};

struct HoneypotRow {
    std::string name;
    std::optional<MacAddress> mac = std::nullopt;  ///< none: not learned yet
    std::string pool{};
    std::string port{};                                ///< as on the command line: "dev:eth2"
    std::optional<std::uint16_t> vlan = std::nullopt;  ///< none: untagged
    unsigned weight = 1;
    HoneypotState state = HoneypotState::unknown;
    std::uint32_t sessions = 0;

    static constexpr auto columns() {
        return std::tuple{
            Column{"name", &HoneypotRow::name, "Its name in the configuration.", Shown{"NAME"}},
            Column{"pool", &HoneypotRow::pool, "The pool that it is in.", Shown{"POOL"}},
            Column{"state", &HoneypotRow::state, "Whether it is up.", Shown{"STATE"}},
            Column{"weight", &HoneypotRow::weight, "Its share of the pool's sessions.", Shown{"WEIGHT"}},
            Column{"sessions", &HoneypotRow::sessions, "Sessions that it has.", Shown{"SESSIONS"}},
            Column{"port", &HoneypotRow::port, "The port that it is behind.", Shown{"PORT"}},
            Column{"vlan", &HoneypotRow::vlan, "Its VLAN; null: untagged.", Shown{"VLAN"}},
            Column{"mac", &HoneypotRow::mac, "Its MAC address; null: not learned yet.", Shown{"MAC"}},
        };
    }
};

struct PoolRow {
    std::string name;
    Affinity affinity = Affinity::source;
    std::uint32_t honeypots_up = 0, honeypots = 0;
    std::uint32_t sessions = 0;

    static constexpr auto columns() {
        return std::tuple{
            Column{"name", &PoolRow::name, "Its name in the configuration.", Shown{"NAME"}},
            Column{"affinity", &PoolRow::affinity, "What keeps to one honeypot.", Shown{"AFFINITY"}},
            Column{"honeypots_up", &PoolRow::honeypots_up, "Honeypots of it that are not down.",
                   Shown{.title = "UP", .of = "honeypots"}},
            Column{"honeypots", &PoolRow::honeypots, "Honeypots of it."},
            Column{"sessions", &PoolRow::sessions, "Sessions that they have.", Shown{"SESSIONS"}},
        };
    }
};

/// In the order of the configuration, which is that in which they are tried.
struct RuleRow {
    std::string name;
    Rule::Action action = Rule::Action::inside;
    std::string pool{};         ///< empty: the action has none
    std::uint64_t packets = 0;  ///< that it decided

    static constexpr auto columns() {
        return std::tuple{
            Column{"name", &RuleRow::name, "Its name in the configuration.", Shown{"NAME"}},
            Column{"action", &RuleRow::action, "What becomes of a packet.", Shown{"ACTION"}},
            Column{"pool", UnlessEmpty{&RuleRow::pool}, "The pool, of an action that has one.",
                   Shown{"POOL"}},
            Column{"packets", &RuleRow::packets, "Packets that it decided.", Shown{"PACKETS"}},
        };
    }
};
using RulePage = Page<RuleRow>;

struct ListRow {
    std::string name;
    SourceList::Kind kind = SourceList::Kind::attacker;
    std::string file{};  ///< empty: none
    std::uint32_t entries = 0;

    static constexpr auto columns() {
        return std::tuple{
            Column{"name", &ListRow::name, "Its name in the configuration.", Shown{"NAME"}},
            Column{"kind", &ListRow::kind, "Of whom it is.", Shown{"KIND"}},
            Column{"entries", &ListRow::entries, "Sources on it.", Shown{"ENTRIES"}},
            Column{"file", UnlessEmpty{&ListRow::file}, "Its file, if it has one.", Shown{"FILE"}},
        };
    }
};

/// A log of sshd that is followed.
struct LogRow {
    std::string file, list;
    std::string trouble{};    ///< why it is not followed; empty: it is
    std::uint64_t lines = 0;  ///< read
    std::uint64_t of_sshd = 0, failures = 0;
    std::uint64_t listed = 0;  ///< sources that went on the list for it

    static constexpr auto columns() {
        return std::tuple{
            Column{"list", &LogRow::list, "The list that it fills.", Shown{"LIST"}},
            Column{"lines", &LogRow::lines, "Lines that were read.", Shown{"LINES"}},
            Column{"of_sshd", &LogRow::of_sshd, "Lines of those that are sshd's.", Shown{"OF SSHD"}},
            Column{"failures", &LogRow::failures, "Failed logins in them.", Shown{"FAILURES"}},
            Column{"listed", &LogRow::listed, "Sources that went on the list for it.", Shown{"LISTED"}},
            Column{"trouble", UnlessEmpty{&LogRow::trouble}, "Why it is not followed; null: it is.",
                   Shown{"TROUBLE"}},
            Column{"file", &LogRow::file, "The log.", Shown{"FILE"}},
        };
    }
};

struct ListEntryRow {
    std::string list;
    Ipv4Prefix prefix;
    std::vector<std::string> origins;       ///< who put it there: "file", "operator", "auth_log"
    std::optional<Milliseconds> remaining;  ///< until the last of them lapses; none: it stays

    static constexpr auto columns() {
        return std::tuple{
            Column{"list", &ListEntryRow::list, "The list that it is on."},
            Column{"prefix", &ListEntryRow::prefix, "The source.", Shown{"PREFIX", 18}},
            Column{"remaining_ms", &ListEntryRow::remaining, "Until it lapses; null: it stays.",
                   Shown{"REMAINING", 9}},
            Column{"origins", &ListEntryRow::origins, "Who put it there.", Shown{"ORIGINS"}},
        };
    }
};
using ListEntryPage = Page<ListEntryRow>;

/// Cursors of pages are whatever the implementation likes: 0 begins, then the `next` of the page before. A
/// page may have no rows before the end.
class InspectPolicy {
  public:
    [[nodiscard]] virtual std::vector<HoneypotRow> honeypots() const = 0;
    [[nodiscard]] virtual std::vector<PoolRow> pools() const = 0;
    [[nodiscard]] virtual RulePage rules(std::uint32_t cursor, std::size_t limit) const = 0;
    [[nodiscard]] virtual std::vector<ListRow> lists() const = 0;
    [[nodiscard]] virtual std::vector<LogRow> logs() const = 0;
    /// The entries of a list need not be together.
    [[nodiscard]] virtual ListEntryPage list_entries(std::uint32_t cursor, std::size_t limit,
                                                     TimePoint now) const = 0;

  protected:
    InspectPolicy() = default;
    ~InspectPolicy() = default;
    InspectPolicy(const InspectPolicy&) = default;
    InspectPolicy& operator=(const InspectPolicy&) = default;
};

inline constexpr std::tuple policy_tables{
    table_of<HoneypotRow>({.name = "honeypots", .help = "Honeypots, and whether they are up"},
                          &InspectPolicy::honeypots),
    table_of<PoolRow>({.name = "pools", .help = "Pools of honeypots"}, &InspectPolicy::pools),
    table_of<RuleRow>({.name = "rules",
                       .help = "Rules of the configuration, and how often each decided",
                       .takes = takes_pages},
                      &InspectPolicy::rules),
    table_of<ListRow>({.name = "lists", .help = "Lists of sources"}, &InspectPolicy::lists),
    table_of<LogRow>(
        {.name = "logs", .help = "Logs of sshd that are followed, and what is understood of them"},
        &InspectPolicy::logs),
    table_of<ListEntryRow>({.name = "list_entries",
                            .help = "What is on a list, and who put it there",
                            .takes = takes_pages | takes_list,
                            .command = "list show"},
                           &InspectPolicy::list_entries),
};

}  // namespace honeyswitch::control
