// What an operator may change in the running system. Called on the control thread, which decides meanwhile:
// nothing here blocks, and what takes long is only started.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/clock.hpp"

namespace honeyswitch::control {

/// Who wants something changed.
struct Asker {
    std::string text;  ///< "uid 1000, pid 4242", "SIGHUP (uid 0, pid 1)"; empty: nobody
    std::optional<std::uint32_t> uid = std::nullopt, pid = std::nullopt;  ///< none: not known
};

struct ReloadWish {
    Asker by{};
    /// It takes itself back after this unless confirm() comes; none: it stays.
    std::optional<Milliseconds> confirm_within = std::nullopt;
};

/// Of the latest reload.
struct ReloadState {
    enum class Phase : std::uint8_t {
        none,     ///< there was none since the start
        running,  ///< the configuration is read, or its tables are built
        done,     ///< the new configuration decides
        refused,  ///< the old one still does
    };
    std::uint64_t id = 0;  ///< of reload()
    Phase phase = Phase::none;
    /// One line each. refused: why. done: warnings, and what only a restart changes.
    std::vector<std::string> sentences;
    /// The reload from which on nothing is confirmed; none: nothing waits for a confirmation.
    std::optional<std::uint64_t> unconfirmed = std::nullopt;
    /// When what came before that reload is in force again; none: it is not counted yet.
    std::optional<TimePoint> confirm_by = std::nullopt;
};

class Operate {
  public:
    virtual ~Operate() = default;

    /// Starts to read the configuration anew. Returns the id of this reload, greater than any before.
    /// Errors (a sentence): one is running.
    [[nodiscard]] virtual std::expected<std::uint64_t, std::string> reload(const ReloadWish& wish) = 0;
    [[nodiscard]] virtual ReloadState reload_state() const = 0;
    /// Keeps what reload() would take back. Returns the reload that began it. Errors (a sentence): nothing
    /// waits for it, or not yet.
    [[nodiscard]] virtual std::expected<std::uint64_t, std::string> confirm(const Asker& by) = 0;

    /// Starts to read the configuration for a comparison, which changes nothing. Returns its id. Errors (a
    /// sentence): one is running.
    [[nodiscard]] virtual std::expected<std::uint64_t, std::string> compare() = 0;
    /// Of the latest comparison. refused: a reload would be refused, and why; done: what it would say.
    [[nodiscard]] virtual ReloadState comparison_state() const = 0;

    /// For the history: a command has changed something. Those that end later say so themselves.
    virtual void note_change(const Asker& by, std::string_view command, std::vector<std::string> changes) = 0;

    /// Puts `prefix` on the list of this name, until `now` + `lifetime` or, without it, until it is removed;
    /// on a list already, its lifetime starts anew. Errors (a sentence): no such list; no room.
    [[nodiscard]] virtual std::expected<void, std::string> list_add(std::string_view list, Ipv4Prefix prefix,
                                                                    std::optional<Milliseconds> lifetime,
                                                                    TimePoint now) = 0;
    /// Lets up what link_state holds down of the link of this name, or of all if it is empty. `who`: for the
    /// log. Returns the sides of the ports that it has let up. Errors (a sentence): no such link.
    [[nodiscard]] virtual std::expected<std::vector<std::string>, std::string> link_up(std::string_view link,
                                                                                       std::string_view who,
                                                                                       TimePoint now) = 0;
    /// What list_add says outlives a restart.
    [[nodiscard]] virtual bool keeps_entries() const = 0;
    /// Takes back what list_add or a log put there. Errors (a sentence): no such list; the prefix is not on
    /// it; it is in the list's file, where it has to be removed.
    [[nodiscard]] virtual std::expected<void, std::string> list_remove(std::string_view list,
                                                                       Ipv4Prefix prefix) = 0;

    /// Begins nothing new, or takes that back. `who`: as in the log. Errors (a sentence): it is so already.
    [[nodiscard]] virtual std::expected<void, std::string> set_maintenance(bool on, std::string_view who,
                                                                           TimePoint now) = 0;

  protected:
    Operate() = default;
    Operate(const Operate&) = default;
    Operate& operator=(const Operate&) = default;
};

}  // namespace honeyswitch::control
