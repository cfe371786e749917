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
    SessionName name{.flow_id = 55'834'574'848, .flow = 17, .created = Milliseconds{2'500}, .honeypot = {1}};
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
    names.lists = {"bad"};
    names.links = {"east", "west"};
    names.vouchers = {{0, "agent:east"}};
    return names;
}

std::string line_of(EventBody body) {
    std::string line;
    append_json(line, {.at = TimePoint{Milliseconds{3'000}}, .time = moment, .body = std::move(body)},
                names());
    return line;
}

/// A request of ZMap's.
FirstPacket probe() {
    FirstPacket first{.tcp_sequence = 7, .ip_id = 54'321, .ip_length = 40, .tcp_window = 65'535};
    first.ttl = 242;
    first.tcp_flags = tcp_flag::syn;
    first.tcp = true;
    return first;
}

SessionOrigin origin() {
    SessionOrigin origin;
    origin.set_pool({1});
    origin.set_domain(parse_prefix("10.1.0.0/16").value());
    origin.set_agent({0});
    origin.set_since(Milliseconds{60'000});
    origin.set_swept(Milliseconds{1'234});
    origin.set_first(probe());
    return origin;
}

TEST(EventFields, OfASessionThatBegins) {
    auto tagged = session();
    tagged.path.tag_count = 2;
    tagged.path.tags = {VlanTag{ether_type::service_vlan, Be16::from_host(0x6064)},
                        VlanTag{ether_type::vlan, Be16::from_host(7)}};
    tagged.path.link = 1;
    EXPECT_EQ(
        line_of(SessionBegun{.session = tagged, .origin = origin()}),
        "{\"timestamp\":\"2025-11-25T04:00:00.250Z\",\"event_type\":\"session_begin\","
        "\"flow_id\":55834574848,\"flow\":17,\"created_ms\":2500,\"start\":\"2025-11-25T03:59:59.750Z\","
        "\"src_ip\":\"198.51.100.7\",\"src_port\":40000,\"dest_ip\":\"10.1.2.3\","
        "\"dest_port\":22,\"proto\":\"TCP\",\"honeypot\":\"second\",\"vlan\":[100,7],\"link\":\"west\","
        "\"reason\":\"inactive\",\"pool\":\"high\",\"domain\":\"10.1.0.0/16\",\"agent\":\"agent:east\","
        "\"since_ms\":60000,\"swept_ms\":1230,\"ttl\":242,\"tos\":0,\"ip_id\":54321,\"ip_len\":40,"
        "\"tcp_flags\":\"02\",\"tcp_seq\":7,\"tcp_window\":65535,"
        "\"irregular\":[\"no_options\",\"high_ttl\",\"ip_id\"],\"scanner\":\"zmap\"}\n");
}

TEST(EventFields, OfASessionThatEnds) {
    auto ping = session();
    ping.key.protocol = protocol::icmp;
    ping.key.inside_port = {};
    ping.path.link = no_link;
    const auto line = json::parse(line_of(SessionEnded{.session = ping,
                                                       .reason = SessionEndReason::inside,
                                                       .course = {.step = dataplane::Step::payload,
                                                                  .duration = Milliseconds{9'000},
                                                                  .answered = Milliseconds{3},
                                                                  .payload = Milliseconds{5},
                                                                  .packets_in = 5,
                                                                  .bytes_in = 420,
                                                                  .packets_out = 4,
                                                                  .bytes_out = 340},
                                                       .idle = Milliseconds{-3}}));
    EXPECT_EQ(line,
              json::parse(R"({"timestamp":"2025-11-25T04:00:00.250Z","event_type":"session_end","flow":17,
        "flow_id":55834574848,"created_ms":2500,"start":"2025-11-25T03:59:59.750Z","src_ip":"198.51.100.7",
        "dest_ip":"10.1.2.3","identifier":40000,"proto":"ICMP","honeypot":"second","reason":"inside",
        "step":"payload","duration_ms":9000,"answered_ms":3,"payload_ms":5,"idle_ms":0,
        "pkts_toserver":5,"bytes_toserver":420,"pkts_toclient":4,"bytes_toclient":340,
        "diversion":"inactive"})"));
}

TEST(EventFields, TheLastWordExplainsTheSessionAsTheFirstOneDid) {
    auto of_list = origin();
    of_list.reason = DiversionReason::list;
    of_list.set_list({0}, ListOrigin::auth_log);
    of_list.set_rule({0});
    const auto begun = json::parse(line_of(SessionBegun{.session = session(), .origin = of_list}));
    auto ended = json::parse(line_of(SessionEnded{.session = session(), .origin = of_list}));
    EXPECT_EQ(begun["list"], "bad");
    EXPECT_EQ(begun["origin"], "auth_log");
    EXPECT_EQ(begun["rule"], "printers");
    EXPECT_EQ(ended["diversion"], begun["reason"]);
    for (const auto& [name, value] : begun.items())
        EXPECT_TRUE(name == "reason" || name == "event_type" || ended[name] == value) << name;
}

TEST(EventFields, ForgetWhatNumbersStoodForUnderOtherNames) {
    auto of_list = origin();
    of_list.set_list({0}, ListOrigin::file);
    of_list.set_rule({0});
    of_list.forget_names();
    const auto ended = json::parse(line_of(SessionEnded{.session = session(), .origin = of_list}));
    for (const auto* const name : {"rule", "agent", "list", "origin", "pool"})
        EXPECT_FALSE(ended.contains(name));
    EXPECT_EQ(ended["domain"], "10.1.0.0/16");
}

TEST(EventFields, OfASessionFromBeforeTheProcess) {
    auto older = session();
    older.created = Milliseconds{-1'500};
    const auto line = json::parse(line_of(SessionAdvanced{.session = older}));
    EXPECT_EQ(line["created_ms"], -1'500);
    EXPECT_EQ(line["start"], "2025-11-25T03:59:55.750Z");
    EXPECT_FALSE(line.contains("ttl")) << "nobody has seen its first packet";
}

TEST(EventFields, OfTcpFlags) {
    const auto line = json::parse(line_of(SessionAdvanced{
        .session = session(), .course = {.flags_in = TcpFlags{0x1e}, .flags_out = TcpFlags{0x02}}}));
    EXPECT_EQ(line["tcp_flags_ts"], "1e");
    EXPECT_EQ(line["tcp_flags_tc"], "02");
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

/// It is told for all events of sessions at once.
bool is_common(std::string_view name) {
    bool found = false;
    each_column(
        std::tuple_cat(session_columns(), diversion_columns(), first_packet_columns(), course_columns()),
        [&](const auto& column) { found = found || column.name == name; });
    return found;
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
    each_column(Body::columns(), [&](const auto& column) {
        if (column.name == "gravity" || column.name == "text") return;
        const bool common = of_session && is_common(column.name);
        EXPECT_TRUE((common ? page : text).contains(std::string(column.name))) << name << ": " << column.name;
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
