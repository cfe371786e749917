// A switch that notes what the operator wants changed.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/operator/operate.hpp"

namespace honeyswitch::control {

class FakeOperate : public Operate {
  public:
    using Entry = std::pair<std::string, Ipv4Prefix>;

    std::map<Entry, std::optional<TimePoint>> entries;  ///< of the one list, "scanners", until when
    ReloadState state;
    ReloadState compared{.phase = ReloadState::Phase::done, .sentences = {}};
    std::vector<std::string> notes;  ///< of changes: "uid 7, pid 8: list_add list scanners, …"
    ReloadWish wished;               ///< with the latest reload
    std::string confirmed_by;        ///< empty: nobody has
    unsigned asks_until_done = 0;    ///< reload_state() says that it is running so many times
    ReloadState::Phase ends_as = ReloadState::Phase::done;
    std::vector<std::string> ends_with;

    [[nodiscard]] std::expected<std::uint64_t, std::string> reload(const ReloadWish& wish) override {
        wished = wish;
        if (state.phase == ReloadState::Phase::running) return std::unexpected("a reload is running");
        state = {.id = state.id + 1, .phase = ReloadState::Phase::running, .sentences = {}};
        return state.id;
    }
    [[nodiscard]] std::expected<std::uint64_t, std::string> confirm(const Asker& by) override {
        if (!state.unconfirmed) return std::unexpected("nothing waits for a confirmation");
        confirmed_by = by.text;
        return *std::exchange(state.unconfirmed, std::nullopt);
    }
    [[nodiscard]] ReloadState reload_state() const override {
        auto seen = state;
        if (state.phase != ReloadState::Phase::running || asked_++ < asks_until_done) return seen;
        seen.phase = ends_as;
        seen.sentences = ends_with;
        return seen;
    }
    [[nodiscard]] std::expected<std::uint64_t, std::string> compare() override { return ++compared.id; }
    [[nodiscard]] ReloadState comparison_state() const override { return compared; }
    void note_change(const Asker& by, std::string_view command, std::vector<std::string> changes) override {
        notes.push_back(fmt::format("{}: {} {}", by.text, command, fmt::join(changes, ", ")));
    }
    [[nodiscard]] std::expected<void, std::string> list_add(std::string_view list, Ipv4Prefix prefix,
                                                            std::optional<Milliseconds> lifetime,
                                                            TimePoint now) override {
        if (list != "scanners") return std::unexpected("there is no such list");
        const auto until = lifetime ? std::optional(now + *lifetime) : std::nullopt;
        entries.insert_or_assign({std::string(list), prefix}, until);
        return {};
    }
    std::vector<std::string> held{"inside"};  ///< of the one link, "link"
    [[nodiscard]] std::expected<std::vector<std::string>, std::string> link_up(std::string_view link,
                                                                               std::string_view /*who*/,
                                                                               TimePoint /*now*/) override {
        if (!link.empty() && link != "link")
            return std::unexpected("there is no link '" + std::string(link) + "'");
        return std::exchange(held, {});
    }
    bool keeps = true;
    [[nodiscard]] bool keeps_entries() const override { return keeps; }
    [[nodiscard]] std::expected<void, std::string> list_remove(std::string_view list,
                                                               Ipv4Prefix prefix) override {
        if (entries.erase({std::string(list), prefix}) == 0) return std::unexpected("it is not on the list");
        return {};
    }

    bool maintenance = false;
    [[nodiscard]] std::expected<void, std::string> set_maintenance(bool on, std::string_view /*who*/,
                                                                   TimePoint /*now*/) override {
        if (maintenance == on) return std::unexpected("it is so already");
        maintenance = on;
        return {};
    }

  private:
    mutable unsigned asked_ = 0;
};

}  // namespace honeyswitch::control
