// What a client of the operator's socket is told of events.
#include "control/operator/event_stream.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace honeyswitch::control {
namespace {

using nlohmann::json;

class Stream : public testing::Test {
  protected:
    using Texts = std::vector<std::string>;

    Stream() {
        EventNames names;
        names.honeypots = {"main", "second"};
        bus_.set_names(names);
    }
    /// All that it is told, as "type" or "type address".
    [[nodiscard]] static Texts read(EventStream& stream) {
        std::string lines;
        while (stream.behind()) stream.fill(lines, 128);
        Texts texts;
        for (std::size_t begin = 0; begin < lines.size();) {
            const auto end = lines.find('\n', begin);
            const auto line = json::parse(lines.substr(begin, end - begin));
            auto& text = texts.emplace_back(line["event_type"].get<std::string>());
            if (line.contains("src_ip")) text.append(" ").append(line["src_ip"].get<std::string>());
            begin = end + 1;
        }
        return texts;
    }
    void happen() {
        SessionName session{.flow = 1, .honeypot = {0}};
        session.key.outside = Be32::from_host(parse_address("198.51.100.7")->value);
        session.key.inside = Be32::from_host(parse_address("10.1.2.3")->value);
        bus_.publish(SessionBegun{.session = session});
        session.honeypot = {1};
        session.key.outside = Be32::from_host(parse_address("203.0.113.9")->value);
        bus_.publish(SessionEnded{.session = session});
        bus_.publish(HoneypotChanged{.honeypot = "second"});
        bus_.publish(ListChanged{.list = "bad", .source = parse_prefix("198.51.100.0/24").value()});
        bus_.publish(DomainChanged{.prefix = parse_prefix("10.0.0.0/8").value()});
        bus_.publish(ModeChanged{});
    }
    Texts told(EventFilter filter) {
        EventStream stream(ring_, std::move(filter));
        happen();
        return read(stream);
    }

    EventBus bus_;
    EventRing ring_{bus_, 256};
};

TEST_F(Stream, TellsAllUnlessItIsAskedForLess) {
    EXPECT_EQ(told({}), (Texts{"session_begin 198.51.100.7", "session_end 203.0.113.9", "honeypot",
                               "list 198.51.100.0/24", "domain", "mode"}));
    EXPECT_EQ(told({.types = only(EventType::mode)}), (Texts{"mode"}));
}

TEST_F(Stream, TellsOfOneHoneypot) {
    EXPECT_EQ(told({.honeypot = "second"}), (Texts{"session_end 203.0.113.9", "honeypot"}));
    EXPECT_EQ(told({.honeypot = "third"}), Texts());
}

TEST_F(Stream, TellsOfOneAddressOrPrefix) {
    EXPECT_EQ(told({.address = parse_prefix("198.51.100.7/32").value()}),
              (Texts{"session_begin 198.51.100.7", "list 198.51.100.0/24"}));
    EXPECT_EQ(told({.address = parse_prefix("10.1.0.0/16").value()}),
              (Texts{"session_begin 198.51.100.7", "session_end 203.0.113.9", "domain"}));
    EXPECT_EQ(told({.honeypot = "second", .address = parse_prefix("203.0.113.0/24").value()}),
              (Texts{"session_end 203.0.113.9"}));
}

TEST_F(Stream, TellsTheClientWhatItMissedWhateverItAskedFor) {
    EventStream stream(ring_,
                       {.types = only(EventType::mode), .address = parse_prefix("192.0.2.1/32").value()});
    for (int i = 0; i < 300; ++i) bus_.publish(ModeChanged{});
    EXPECT_EQ(read(stream), (Texts{"gap"}));
}

TEST_F(Stream, OfThePastAloneIsOverWhenAllIsSaid) {
    happen();
    EventStream past(ring_, {.past = true, .follow = false});
    EXPECT_FALSE(past.over());
    EXPECT_EQ(read(past), (Texts{"honeypot", "list 198.51.100.0/24", "domain", "mode"}))
        << "what is frequent was not kept for nobody";
    EXPECT_TRUE(past.over());
    const EventStream following(ring_, {.past = true});
    EXPECT_FALSE(following.over());
}

TEST_F(Stream, LooksAtAPortionAtOnce) {
    EventStream stream(ring_, {});
    for (std::size_t i = 0; i < 129; ++i) bus_.publish(ModeChanged{});
    std::string lines;
    stream.fill(lines, 128);
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(lines, '\n')), 128U);
    EXPECT_TRUE(stream.behind());
}

}  // namespace
}  // namespace honeyswitch::control
