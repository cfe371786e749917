#include "control/config/config_change.hpp"

#include <array>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "control/config/port_spec.hpp"
#include "control/config/setting.hpp"

namespace honeyswitch::control {
namespace {

Config running() {
    Config config;
    config.outside = parse_port("dev:a").value();
    config.inside = parse_port("dev:b").value();
    config.honeypot_ports = {parse_port("dev:c").value()};
    return config;
}

TEST(ConfigChange, IsNoneWithoutADifference) {
    EXPECT_TRUE(unchangeable(running(), running()).empty());
}

TEST(ConfigChange, NamesWhatNeedsARestart) {
    struct Row {
        std::function<void(Config&)> change;
        std::string reason;
    };
    const std::array rows{
        Row{[](Config& c) { c.session_capacity = 2'000'000; },
            "[capacity] session_capacity cannot change while running (1000000 to 2000000): restart"},
        Row{[](Config& c) { c.outside = parse_port("dev:x").value(); },
            "[ports] outside cannot change while running (dev:a to dev:x): restart"},
        Row{[](Config& c) { c.honeypot_ports.push_back(parse_port("dev:d").value()); },
            "[ports] honeypot cannot change while running (dev:c to dev:c, dev:d): restart"},
        Row{[](Config& c) { c.drivers = {"a.so"}; },
            "[ports] driver_file cannot change while running (unset to a.so): restart"},
        Row{[](Config& c) { c.no_huge = true; },
            "[process] no_huge cannot change while running (false to true): restart"},
        Row{[](Config& c) { c.idle_sleep_us = 50; },
            "[process] idle_sleep cannot change while running (unset to 50us): restart"},
        Row{[](Config& c) { c.heartbeat_timeout = Milliseconds{2'000}; },
            "[timeouts] heartbeat_timeout cannot change while running (1s to 2s): restart"},
        Row{[](Config& c) { c.listen_port = 7; },
            "[notices] listen_port cannot change while running (6466 to 7): restart"},
    };
    for (const auto& [change, reason] : rows) {
        auto wanted = running();
        change(wanted);
        EXPECT_EQ(unchangeable(running(), wanted), std::vector{reason});
    }
}

Config with_links(std::vector<Link> links) {
    Config config = running();
    config.outside = config.inside = {};
    config.links = std::move(links);
    return config;
}

TEST(ConfigChange, NamesTheLinksThatNeedARestart) {
    const auto link = [](const char* name, const char* outside, const char* inside) {
        return Link{
            .name = name, .outside = parse_port(outside).value(), .inside = parse_port(inside).value()};
    };
    const Link west = link("west", "dev:a", "dev:b"), east = link("east", "dev:x", "dev:y");
    const Link span{.name = "east", .outside = {}, .inside = {}, .mirror = parse_port("dev:s").value()};
    using Reasons = std::vector<std::string>;
    EXPECT_EQ(unchangeable(with_links({west, east}), with_links({west, span})),
              Reasons{"[[link]] 'east' cannot change while running (outside dev:x, inside dev:y to mirror "
                      "dev:s): restart"});
    EXPECT_EQ(unchangeable(with_links({west, east}), with_links({west, east})), Reasons());
    EXPECT_EQ(
        unchangeable(with_links({west}), with_links({west, east})),
        Reasons{
            "[[link]] 'east' cannot change while running (unset to outside dev:x, inside dev:y): restart"});
    EXPECT_EQ(
        unchangeable(with_links({west, east}), with_links({west})),
        Reasons{
            "[[link]] 'east' cannot change while running (outside dev:x, inside dev:y to unset): restart"});
    EXPECT_EQ(
        unchangeable(with_links({west}), with_links({link("west", "dev:a", "dev:c")})),
        Reasons{"[[link]] 'west' cannot change while running (outside dev:a, inside dev:b to outside dev:a, "
                "inside dev:c): restart"});
    EXPECT_EQ(
        unchangeable(with_links({west, east}), with_links({east, west})),
        Reasons{"the order of [[link]] cannot change while running (west, east to east, west): restart"});
    EXPECT_EQ(unchangeable(running(), with_links({west})),
              (Reasons{"[ports] outside cannot change while running (dev:a to unset): restart",
                       "[ports] inside cannot change while running (dev:b to unset): restart",
                       "[[link]] 'west' cannot change while running (unset to outside dev:a, inside dev:b): "
                       "restart"}));
}

TEST(ConfigChange, TakesPoliciesAsTheyCome) {
    auto wanted = running();
    wanted.idle_timeout = Milliseconds{5'000};
    wanted.dark = {parse_prefix("10.1.0.0/16").value()};
    wanted.containment = Containment::open;
    wanted.reply_caps.bytes_per_honeypot = 7;
    wanted.log_level = "debug";
    wanted.rules.emplace_back();
    wanted.honeypots.emplace_back();
    EXPECT_TRUE(unchangeable(running(), wanted).empty());
}

TEST(ConfigChange, SaysEveryReason) {
    auto wanted = running();
    wanted.workers = 2;
    wanted.mbufs = 4'096;
    EXPECT_EQ(unchangeable(running(), wanted).size(), 2U);
}

/// A setting that nobody thought about needs a restart: whatever is not listed here must be declared.
TEST(ConfigChange, IsDeclaredForEverySetting) {
    const std::set<std::string_view> fixed_tables{"ports", "process", "capacity"};
    const std::set<std::string_view> fixed_keys{
        "heartbeat_timeout", "listen_address", "listen_port", "control_socket", "group",
        "read_group",        "folder"};
    for (const auto& setting : settings()) {
        const bool fixed = setting.key != "log_level" && fixed_tables.contains(setting.table);
        EXPECT_EQ(setting.at_run_time, !fixed && !fixed_keys.contains(setting.key)) << setting.key;
    }
}

}  // namespace
}  // namespace honeyswitch::control
