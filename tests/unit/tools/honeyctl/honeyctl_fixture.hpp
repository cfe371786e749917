// What honeyctl prints, over the requests that the switch really answers.
#pragma once

#include <gtest/gtest.h>

#include "control/operator/operator_request.hpp"
#include "tests/unit/fakes/fake_inspect.hpp"
#include "tests/unit/fakes/fake_operate.hpp"
#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

using control::at;
using control::prefix;
using control::session_row;

inline control::HoneypotRow main_honeypot() {
    return {.name = "main",
            .mac = parse_mac("02:00:00:00:00:66").value(),
            .pool = "low",
            .port = "dev:h",
            .state = control::HoneypotState::up,
            .sessions = 1};
}

class Honeyctl : public testing::Test {
  protected:
    Honeyctl() {
        inspect.stats_row.now = at(62'500);
        inspect.stats_row.started = at(0);
        inspect.stats_row.honeypots = inspect.honeypot_rows = {main_honeypot()};
        inspect.session_rows = {session_row(17, "198.51.100.7", "10.1.2.3")};
        inspect.active_rows = {{control::address("10.1.0.5"), {"agent:east"}, at(2'000)}};
        inspect.domain_rows = {
            {prefix("10.1.0.0/16"), control::DomainState::known, {"east"}, 1, 1, at(1'000)},
            {prefix("10.1.8.0/24"), control::DomainState::unknown, {}, 0, 0, at(1'000)},
            {prefix("10.2.0.0/16"), control::DomainState::unknown, {}, 0, 0, at(1'000)},
            {prefix("10.9.0.0/20"), control::DomainState::dark, {}, 0, 0, at(0)}};
    }

    std::string run(std::string_view name) {
        std::string printed;
        const Sink sink = [&](std::string_view text) {
            printed += text;
            return printed.size() < reader_leaves_after;
        };
        const Ask ask = [&](const Json& request) -> std::expected<Json, std::string> {
            ++asked;
            auto response = Json::parse(control::answer(request.dump(), inspect, operate, at(62'500)));
            if (response.contains("error")) return std::unexpected(response["error"].get<std::string>());
            return response;
        };
        const auto known = name.starts_with("list ") ? list_commands() : commands();
        if (name.starts_with("list ")) name.remove_prefix(5);
        const auto command = std::ranges::find(known, name, &Command::name);
        if (command == known.end()) return "no such command";
        const auto done = understood([&] { return command->run(ask, selection, sink); });
        return done ? printed : "error: " + done.error();
    }

    control::FakeInspect inspect;
    control::FakeOperate operate;
    Selection selection;
    std::size_t reader_leaves_after = SIZE_MAX;
    std::size_t asked = 0;
};

}  // namespace honeyswitch::honeyctl
