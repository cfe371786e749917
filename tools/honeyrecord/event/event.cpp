#include "tools/honeyrecord/event/event.hpp"

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/headers.hpp"
#include "tools/honeyrecord/event/community_id.hpp"

namespace honeyswitch::record {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 4> protocols{
    {{"TCP", protocol::tcp}, {"UDP", protocol::udp}, {"ICMP", protocol::icmp}, {"SCTP", protocol::sctp}}};

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<Ipv4Address> address_of(const Json& body, const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_string()) return std::nullopt;
    const auto parsed = parse_address(found->get_ref<const std::string&>());
    return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<std::int64_t> integer_of(const Json& body, const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
}

std::optional<std::uint16_t> port_of(const Json& body, const char* name) {
    const auto number = integer_of(body, name);
    if (!number || *number < 0 || *number > 0xffff) return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

std::uint64_t mixed(std::uint64_t value) {  // the end of SplitMix64
    value = (value ^ value >> 30U) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27U) * 0x94d049bb133111ebU;
    return value ^ value >> 31U;
}

/// The same for all events of a session, over connections too: of its place, its beginning and its key.
std::int64_t flow_id_of(const Json& body, const SessionPart& session) {
    std::uint64_t id = mixed(static_cast<std::uint64_t>(integer_of(body, "flow").value_or(0)));
    const auto add = [&](std::uint64_t part) { id = mixed(id + 0x9e3779b97f4a7c15U + part); };
    add(static_cast<std::uint64_t>(integer_of(body, "created_ms").value_or(0)));
    add(std::uint64_t{session.source.value} << 32U | session.destination.value);
    add(std::uint64_t{session.source_port.value_or(0)} << 32U |
        std::uint64_t{session.destination_port.value_or(0)} << 16U | session.protocol);
    constexpr unsigned kept_bits = 51;
    return static_cast<std::int64_t>(id >> (64 - kept_bits));
}

std::string community_id_of(const Json& body, const SessionPart& session) {
    FlowTuple tuple{session.source, session.destination, session.protocol, session.source_port,
                    session.destination_port};
    const bool portless = session.protocol != protocol::icmp && session.protocol != protocol::tcp &&
                          session.protocol != protocol::udp && session.protocol != protocol::sctp;
    if (session.protocol == protocol::icmp) {
        tuple.source_port = port_of(body, "icmp_type");
        tuple.destination_port = port_of(body, "icmp_code");
    }
    if (!portless && (!tuple.source_port || !tuple.destination_port)) return {};
    return community_id(tuple);
}

std::optional<SessionPart> session_of(const Json& body, std::string_view type) {
    if (!type.starts_with("session_")) return std::nullopt;
    const auto source = address_of(body, "src_ip"), destination = address_of(body, "dest_ip");
    const auto name = body.find("proto");
    if (!source || !destination || name == body.end() || !name->is_string()) return std::nullopt;
    const auto number = protocol_number(name->get_ref<const std::string&>());
    if (!number) return std::nullopt;
    SessionPart session{.source = *source,
                        .destination = *destination,
                        .protocol = *number,
                        .source_port = port_of(body, "src_port"),
                        .destination_port = port_of(body, "dest_port")};
    const auto told_id = integer_of(body, "flow_id");
    session.flow_id = told_id ? *told_id : flow_id_of(body, session);
    const auto told_name = body.find("community_id");
    session.community_id = told_name != body.end() && told_name->is_string() ? told_name->get<std::string>()
                                                                             : community_id_of(body, session);
    return session;
}

/// "+0000", "-01:30" or "Z", in minutes.
std::optional<int> offset_of(std::string_view text) {
    if (text == "Z") return 0;
    if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const auto hours = number_of<int>(text.substr(1, 2)),
               minutes = number_of<int>(text.substr(text.size() - 2));
    const bool separated = text.size() == 6 && text[3] == ':';
    if (!hours || !minutes || (text.size() != 5 && !separated)) return std::nullopt;
    const int offset = *hours * 60 + *minutes;
    return text[0] == '-' ? -offset : offset;
}

/// Decimals of a second.
std::optional<std::int64_t> microseconds_of(std::string_view digits) {
    if (digits.size() > 9) return std::nullopt;
    std::string padded(digits);
    padded.resize(6, '0');
    return number_of<std::int64_t>(padded);
}

std::string_view word_of(GapCause cause) {
    constexpr std::array<std::string_view, 4> words{"not_running", "disconnected", "slow", "unwritten"};
    return words.at(static_cast<std::size_t>(cause));
}

}  // namespace

std::expected<EventPointer, std::string> parse_event(std::string_view line) {
    auto event = std::make_shared<Event>();
    event->body = Json::parse(line, nullptr, false);
    if (!event->body.is_object()) return std::unexpected("it is no JSON object");
    const auto type = event->body.find("event_type"), time = event->body.find("timestamp");
    if (type == event->body.end() || !type->is_string()) return std::unexpected("it has no event_type");
    if (time == event->body.end() || !time->is_string()) return std::unexpected("it has no timestamp");
    const auto parsed = parse_time(time->get_ref<const std::string&>());
    if (!parsed) return std::unexpected("its timestamp is none");
    event->type = type->get<std::string>();
    event->time = *parsed;
    event->session = session_of(event->body, event->type);
    return event;
}

EventPointer gap_of(GapCause cause, WallTime now, std::optional<std::uint64_t> events,
                    std::optional<WallTime> since) {
    auto event = std::make_shared<Event>();
    event->type = "gap";
    event->time = now;
    event->body = Json{{"timestamp", time_text(now)}, {"event_type", event->type}};
    if (events) event->body["events"] = *events;
    event->body["cause"] = word_of(cause);
    if (since) event->body["since"] = time_text(*since);
    return event;
}

std::optional<WallTime> parse_time(std::string_view text) {
    // "2026-11-27T03:40:00"
    constexpr std::size_t whole = 19;
    if (text.size() <= whole || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':')
        return std::nullopt;
    const auto year = number_of<int>(text.substr(0, 4));
    const auto month = number_of<unsigned>(text.substr(5, 2)), day = number_of<unsigned>(text.substr(8, 2));
    const auto hours = number_of<unsigned>(text.substr(11, 2)),
               minutes = number_of<unsigned>(text.substr(14, 2)),
               seconds = number_of<unsigned>(text.substr(17, 2));
    if (!year || !month || !day || !hours || !minutes || !seconds) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                           std::chrono::day(*day)};
    if (!date.ok() || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
    auto rest = text.substr(whole);
    std::int64_t fraction = 0;
    if (rest.starts_with('.')) {
        const auto end = rest.find_first_not_of("0123456789", 1);
        const auto parsed = microseconds_of(rest.substr(1, end == std::string_view::npos ? end : end - 1));
        if (!parsed || end == std::string_view::npos) return std::nullopt;
        fraction = *parsed;
        rest.remove_prefix(end);
    }
    const auto offset = offset_of(rest);
    if (!offset) return std::nullopt;
    return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hours) +
           std::chrono::minutes(static_cast<int>(*minutes) - *offset) + std::chrono::seconds(*seconds) +
           std::chrono::microseconds(fraction);
}

std::string time_text(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+0000", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

WallTime wall_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::optional<std::uint8_t> protocol_number(std::string_view name) {
    for (const auto& [word, number] : protocols)
        if (word == name) return number;
    return number_of<std::uint8_t>(name);
}

std::string protocol_text(std::uint8_t number) {
    for (const auto& [word, of] : protocols)
        if (of == number) return std::string(word);
    return fmt::format("{}", number);
}

}  // namespace honeyswitch::record
