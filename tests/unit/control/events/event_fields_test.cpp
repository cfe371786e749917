// What events are written down as.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/events/event_json.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

static_assert(well_declared(SessionBegun::columns()) && well_declared(SessionAdvanced::columns()) &&
              well_declared(SessionEnded::columns()) && well_declared(AddressChanged::columns()) &&
              well_declared(SourceMoved::columns()) && well_declared(AgentChanged::columns()) &&
              well_declared(DomainChanged::columns()) && well_declared(HoneypotChanged::columns()) &&
              well_declared(LinkChanged::columns()) && well_declared(ListChanged::columns()) &&
              well_declared(ConfigChanged::columns()) && well_declared(ModeChanged::columns()) &&
              well_declared(PacketsContained::columns()) && well_declared(PacketsLost::columns()) &&
              well_declared(StateChanged::columns()) && well_declared(EventsMissed::columns()));

/// 2025-11-25T04:00:00.250Z
constexpr WallMilliseconds moment{std::chrono::milliseconds{1'764'043'200'250}};

SessionName session() {
    SessionName name{.flow = 17, .created = Milliseconds{2'500}, .honeypot = {1}};
    name.key.outside = Be32::from_host(0xc633'6407);
    name.key.inside = Be32::from_host(0x0a01'0203);
    name.key.outside_port = Be16::from_host(40'000);
    name.key.inside_port = Be16::from_host(22);
    name.key.protocol = protocol::tcp;
    return name;
}

EventNames names() {
    EventNames names;
    names.honeypots = {"main", "second"};
    names.pools = {"low", "high"};
    names.rules = {"printers"};
    names.vouchers = {{0, "agent:east"}};
    return names;
}

std::string line_of(EventBody body) {
    std::string line;
    append_json(line, {.at = {}, .time = moment, .body = std::move(body)}, names());
    return line;
}

TEST(EventFields, OfASessionThatBegins) {
    EXPECT_EQ(line_of(SessionBegun{.session = session(),
                                   .reason = DiversionReason::inactive,
                                   .domain = parse_prefix("10.1.0.0/16").value(),
                                   .swept_by = VoucherNumber{0},
                                   .since = Milliseconds{60'000}}),
              "{\"timestamp\":\"2025-11-25T04:00:00.250Z\",\"event_type\":\"session_begin\",\"flow\":17,"
              "\"created_ms\":2500,\"src_ip\":\"198.51.100.7\",\"src_port\":40000,\"dest_ip\":\"10.1.2.3\","
              "\"dest_port\":22,\"proto\":\"TCP\",\"honeypot\":\"second\",\"reason\":\"inactive\","
              "\"domain\":\"10.1.0.0/16\",\"agent\":\"agent:east\",\"since_ms\":60000}\n");
}

TEST(EventFields, OfASessionThatEnds) {
    auto ping = session();
    ping.key.protocol = protocol::icmp;
    ping.key.inside_port = {};
    const auto line = json::parse(line_of(SessionEnded{.session = ping,
                                                       .reason = SessionEndReason::inside,
                                                       .step = dataplane::Step::payload,
                                                       .duration = Milliseconds{9'000},
                                                       .idle = Milliseconds{-3},
                                                       .packets_in = 5,
                                                       .bytes_in = 420,
                                                       .packets_out = 4,
                                                       .bytes_out = 340}));
    EXPECT_EQ(line,
              json::parse(R"({"timestamp":"2025-11-25T04:00:00.250Z","event_type":"session_end","flow":17,
        "created_ms":2500,"src_ip":"198.51.100.7","dest_ip":"10.1.2.3","identifier":40000,"proto":"ICMP",
        "honeypot":"second","reason":"inside","step":"payload","duration_ms":9000,"idle_ms":0,
        "pkts_toserver":5,"bytes_toserver":420,"pkts_toclient":4,"bytes_toclient":340})"));
}

TEST(EventFields, OfTextThatSomebodyElseChose) {
    const auto line = line_of(ListChanged{.list = "a\"b\xff\n", .told = {.text = "list a"}});
    EXPECT_EQ(json::parse(line)["list"], "a\"b\xef\xbf\xbd\n");
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << "one line for each event";
}

TEST(EventFields, AreLeftOutWhereThereIsNoValue) {
    const auto line = json::parse(line_of(AgentChanged{.state = AgentState::refused}));
    EXPECT_FALSE(line.contains("agent") || line.contains("endpoint") || line.contains("text")) << line;
    EXPECT_EQ(line["state"], "refused");
}

TEST(EventFields, NameWhatNumbersStandFor) {
    EXPECT_EQ(json::parse(line_of(SourceMoved{.source = {1}, .from = {0}, .to = {1}}))["to_pool"], "high");
    EXPECT_EQ(json::parse(line_of(SourceMoved{.source = {1}, .from = {9}, .to = {1}}))["from_pool"], "");
}

/// The row of docs/operator-protocol.md about this type, with all of its columns.
template <typename Body>
void expect_described(const std::string& page) {
    const auto name = std::string(name_of(Body::type));
    const auto row = page.find(fmt::format("| `{}` |", name));
    ASSERT_NE(row, std::string::npos) << name;
    const auto text = page.substr(row, page.find('\n', row) - row);
    constexpr bool of_session = requires(const Body& body) { body.session; };
    EXPECT_EQ(text.contains("of the session;"), of_session) << name;
    std::size_t number = 0, common = 0;
    if constexpr (of_session) common = std::tuple_size_v<decltype(session_columns())>;
    each_column(Body::columns(), [&](const auto& column) {
        if (number++ < common || column.name == "gravity" || column.name == "text") return;
        EXPECT_TRUE(text.contains(std::string(column.name))) << name << ": " << column.name;
    });
}

template <std::size_t... I>
void expect_all_described(const std::string& page, std::index_sequence<I...> /*types*/) {
    (expect_described<std::variant_alternative_t<I, EventBody>>(page), ...);
}

TEST(EventFields, AreThoseOfTheDocumentation) {
    std::ifstream file(SOURCE_ROOT "/docs/operator-protocol.md");
    const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    expect_all_described(page, std::make_index_sequence<event_type_count>());
    for (const auto& word : words::diversion) EXPECT_TRUE(page.contains(fmt::format("`{}`", word))) << word;
}

/// A name of the list is that of the struct at its place.
template <std::size_t... I>
constexpr bool in_their_order(std::index_sequence<I...> /*types*/) {
    return ((std::variant_alternative_t<I, EventBody>::type == static_cast<EventType>(I)) && ...);
}
static_assert(in_their_order(std::make_index_sequence<event_type_count>()));

}  // namespace
}  // namespace honeyswitch::control
